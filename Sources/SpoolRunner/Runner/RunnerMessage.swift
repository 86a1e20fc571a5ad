/// What a runner says to its worker, with the number of jobs that it has been given.
enum RunnerMessage: UInt8 {
    /// The job has gone on, and it would take another one.
    case idle = 1
    /// The command has ended. The runner takes the next job, which it has been sent meanwhile, or else its slots are
    /// free, and it would take another job at once; it waits for the answer. It syncs the end while that begins or runs.
    case finishing = 2
    /// The end of a job can't be recorded, and that is tried again and again. A report of it follows, also of a
    /// job before the one that it has.
    case failing = 3
    /// That is over. A report follows, for the sake of the job's name.
    case overcame = 4
    /// A command that is to be ended takes no signal. A report follows.
    case resisting = 5

    /// Whether a report follows.
    var isReport: Bool {
        switch self {
        case .idle, .finishing: false
        case .failing, .overcame, .resisting: true
        }
    }

    /// The worker's answer that there is no other job.
    static let noJob: [UInt8] = [0]
}

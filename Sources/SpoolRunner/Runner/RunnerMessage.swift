/// A runner's message to its worker. The number of jobs that it has been handed goes with it.
enum RunnerMessage: UInt8 {
    /// The job has gone on, and it would take another one.
    case idle = 1
    /// The command has ended. The runner takes the next job, if it has been sent one. If not, its slots are free, and
    /// it waits for another job or for the answer that there is none. It syncs the end while that begins or runs.
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

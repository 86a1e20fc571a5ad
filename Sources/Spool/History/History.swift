import SpoolSystem
import SpoolTime

/// One line of history/YYYY-MM-DD.ndjson: a change of state.
public struct HistoryLine: Codable, Sendable {
    public var time: Instant
    public var job: JobID?
    public var name: String?
    /// The verb that changed the state, as in the table of spool-format(5).
    public var verb: String
    /// Paths below the spool.
    public var from: String?
    public var to: String?
    public var state: JobState?
    public var attempt: Int?
    public var outcome: Attempt.Outcome?
    public var exitCode: Int32?
    public var signal: String?
    public var note: String?
    /// The process that did it.
    public var pid: Int32?
    public var host: String?

    package init(
        time: Instant, job: JobID? = nil, verb: String, state: JobState? = nil,
        attempt: Int? = nil
    ) {
        self.time = time
        self.job = job
        self.verb = verb
        self.state = state
        self.attempt = attempt
    }

    private enum CodingKeys: String, CodingKey {
        case time, job, name, verb, from, to, state, attempt, outcome, signal, note, pid, host
        case exitCode = "exit_code"
    }
}

/// Writes lines to the history.
package struct History: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Writes a line to today's history.
    ///
    /// The history tells what happened; it decides nothing. A line that can't be written, on a full disk say, must not
    /// stop the change that it tells of. There is therefore no error.
    package func record(
        _ verb: Transition.Verb, _ job: Job?, from: JobLocation?, to: JobLocation?,
        note: String? = nil
    ) {
        recordFile(
            verb, id: to?.id ?? from?.id, job, from: from?.path, to: to?.path, note: note)
    }

    /// Writes the lines of jobs that were submitted together, at once.
    func recordSubmits(_ jobs: some Sequence<Submission>) {
        write(
            jobs.lazy.map {
                line(
                    .submit, id: $0.location.id, $0.job, from: nil, to: $0.location.path, note: nil)
            })
    }

    package func recordFile(
        _ verb: Transition.Verb, id: JobID?, _ job: Job?, from: String?, to: String?, note: String?
    ) {
        write(CollectionOfOne(line(verb, id: id, job, from: from, to: to, note: note)))
    }

    private func line(
        _ verb: Transition.Verb, id: JobID?, _ job: Job?, from: String?, to: String?, note: String?
    ) -> HistoryLine {
        let time = storage.now()
        var line = HistoryLine(time: time, verb: verb.rawValue)
        line.job = id
        line.name = job?.name
        line.from = from
        line.to = to
        // The message is about an end; on its way to the next try the job still carries the last one's.
        line.note =
            note ?? ([.finish, .recover, .cancel, .expire].contains(verb) ? job?.message : nil)
        line.state = job?.state
        if let attempt = job?.attempts?.last, [.start, .finish, .recover].contains(verb) {
            line.attempt = attempt.number
            line.outcome = attempt.outcome
            line.exitCode = attempt.exitCode
            line.signal = attempt.signal
        }
        return line
    }

    /// Writes lines in the order of their times, those of one day at once.
    func write(_ lines: some Sequence<HistoryLine>) {
        var day: CivilDate?
        var text: [UInt8] = []
        for var line in lines {
            line.pid = ProcessIdentity.ownPID
            line.host = Host.name
            let next = line.time.day
            if let day, day != next {
                append(text, toHistoryOf: day)
                text = []
            }
            day = next
            text += line.json()
        }
        if let day { append(text, toHistoryOf: day) }
    }

    /// One write of whole lines: O_APPEND keeps those of several processes whole.
    private func append(_ text: [UInt8], toHistoryOf day: CivilDate) {
        try? storage.history.append(text, on: day, in: storage.root)
    }

    /// Writes to the history what happened to a crontab file.
    package func recordCrontab(_ file: String, note: String) {
        var line = HistoryLine(time: storage.now(), verb: "crontab")
        line.name = file
        line.note = note
        write([line])
    }
}

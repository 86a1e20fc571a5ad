import SpoolSchedule
import SpoolSystem

/// An entry of a spool's crontab or of a file in cron.d/, as it is in force.
public struct ScheduledEntry: Sendable {
    /// A name that no other entry of this spool has: the `name` of its JSON job, else one made from its text. A second
    /// one of the same name has `-2` after it.
    public let name: String
    /// `crontab` or `cron.d/NAME`.
    public let file: String
    /// Schedule, job and settings, as they stand in the file.
    public let line: CrontabLine
    /// When it was first seen as it is now, in whole seconds: it has no slots before, and `@every` counts
    /// from there.
    public internal(set) var since: Instant
    /// The name by which its slots were decided so far; nil: it is new, or that isn't known. Names get and lose numbers,
    /// as other files have the same ones.
    package internal(set) var formerName: String?
    /// The id of this machine, for values that must differ between machines and never change on one.
    let machine: String

    /// Which instants are its slots.
    public var schedule: Schedule { line.schedule(firstSeen: since) }

    /// The beginning of the names of its markers: its name, in characters that a file's name may have.
    public var key: String { PlainName.of(name) }

    /// By how much its starts are put off. This is the same for each of its slots, so that they keep their distance.
    public var randomDelay: TimeSpan {
        let longest = UInt64(max(0, line.settings.randomDelay.microseconds / 1000))
        guard longest > 0 else { return .zero }
        let hash = StableHash.of("delay\n\(machine)\n\(name)").number
        return .milliseconds(Int64(hash.multipliedFullWidth(by: longest + 1).high))
    }

    /// The id of the job of a slot: the same in every process that works it out, however often.
    public func jobID(for slot: SlotName) -> JobID {
        let text = "\(machine)\n\(name)\n\(slot.text)"
        let high = UInt16(truncatingIfNeeded: StableHash.of("high\n" + text).number)
        return JobID(
            milliseconds: UInt64(max(0, slot.instant.milliseconds)),
            random: (high, StableHash.of("low\n" + text).number))
    }

    /// The job that a slot enqueues.
    ///
    /// - Parameters:
    ///   - slot: nil for a run by hand, which belongs to none.
    ///   - missed: how many earlier slots this one stands for.
    /// - Throws: `.invalidJob` if it isn't a job; a table in force holds no such entry.
    public func job(for slot: SlotName?, missed: Int = 0) throws(SpoolError) -> Job {
        var job = try ScheduledEntry.job(of: line)
        if job.name == nil { job.name = name }
        job.cron = Job.Recurrence(
            entry: name, slot: slot?.instant, missed: missed > 0 ? missed : nil)
        if let slot {
            job.id = jobID(for: slot)
            if let deadline = ScheduledEntry.startDeadline(of: job, line.settings) {
                job.expires = .at(slot.instant + randomDelay + deadline)
            }
        }
        return job
    }

    /// As `job(of:)`, of a line that isn't in force yet.
    ///
    /// - Throws: also if the job is too long for a job's file.
    static func checkedJob(of line: CrontabLine) throws(SpoolError) -> Job {
        let job = try ScheduledEntry.job(of: line)
        let length =
            switch line.job {
            case .shell(let command, let input): command.utf8.count + (input?.utf8.count ?? 0)
            case .json(let text): text.utf8.count
            }
        let size = (job.env ?? [:]).reduce(length) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        try AdmissionRules().requireRoom(for: job, of: size)
        return job
    }

    /// The job that the line asks for, with the settings above it if it says nothing itself.
    static func job(of line: CrontabLine) throws(SpoolError) -> Job {
        let settings = line.settings
        var job: Job
        switch line.job {
        case .shell(let text, let input):
            let shell = settings.shell.map { Job.Command.arguments([$0, "-c", text]) }
            job = Job(command: shell ?? .shell(text))
            job.stdin = input.map { .text($0) }
        case .json(let text):
            job = try JSONText.decode(Job.self, from: Array(text.utf8), .job)
            job.forgetRecord()
            if let shell = settings.shell, case .shell(let text)? = job.command {
                job.command = .arguments([shell, "-c", text])
            }
        }
        var variables = line.environment
        if !variables.isEmpty {
            for (name, value) in job.env ?? [:] { variables.set(value, exactly: name) }
            job.env = variables
        }
        if job.queue == nil { job.queue = settings.queue }
        if job.timeout == nil { job.timeout = settings.timeout }
        if job.maxAttempts == nil { job.maxAttempts = settings.retries.map { $0 + 1 } }
        if job.mail == nil, let to = settings.mailTo, !to.isEmpty {
            job.mail = Job.Mail(to: to, from: settings.mailFrom)
        }
        try job.validate()
        try requireStart(job, settings)
        return job
    }

    /// - Throws: `.invalidJob` if each job of a line would expire before it may begin.
    private static func requireStart(
        _ job: Job, _ settings: CrontabSettings
    ) throws(SpoolError) {
        guard let delay = job.delay else { return }
        let (name, span): (String, TimeSpan?) =
            switch job.expires {
            case .after(let span): ("\"expires\"", span)
            case .at: ("", nil)
            case nil: ("START_DEADLINE", startDeadline(of: job, settings))
            }
        guard let span, delay >= span else { return }
        throw SpoolError(
            .invalidJob,
            "\"delay\" is \(delay), and \(name) \(span): its jobs would never start")
    }

    /// How long after its time a job may still start; nil: for ever, or as it says itself.
    private static func startDeadline(of job: Job, _ settings: CrontabSettings) -> TimeSpan? {
        // A further try would not be the start that the deadline is about.
        job.expires == nil && job.effectiveMaxAttempts == 1 ? settings.startDeadline : nil
    }
}

extension ScheduledEntry {
    package func seen(_ since: Instant) -> ScheduledEntry {
        var entry = self
        entry.since = since
        return entry
    }

    /// - Parameter name: another one than those of all other files.
    func renamed(_ name: String) -> ScheduledEntry {
        ScheduledEntry(
            name: name, file: file, line: line, since: since, formerName: formerName,
            machine: machine)
    }

    /// From now on its slots are decided by its present name.
    package func named(since: Instant) -> ScheduledEntry {
        var entry = seen(since)
        entry.formerName = name
        return entry
    }

    /// The key by which its slots were decided so far; nil if it has that now, or if that isn't known.
    package var formerKey: String? {
        guard let formerName, formerName != name else { return nil }
        return PlainName.of(formerName)
    }

    /// The parts that make an entry another one as far as its slots are concerned, whatever else its line says.
    package struct Identity: Hashable {
        let name: String
        let schedule: String
        let zone: String
        let dayMatch: DayMatch
    }

    package var identity: Identity {
        Identity(
            name: name, schedule: line.expression.text, zone: line.zone.name,
            dayMatch: line.expression.dayMatch)
    }
}

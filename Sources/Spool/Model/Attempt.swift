import SpoolSystem
import SpoolTime

/// One try: the process that ran the command, and how the command ended.
public struct Attempt: Codable, Hashable, Sendable {
    /// A process that no other process can be mistaken for. Pids are reused; within one boot, a pid together with its
    /// start time isn't.
    public struct Process: Codable, Hashable, Sendable {
        public var pid: Int32
        /// Clock ticks since boot (field 22 of /proc/PID/stat).
        public var startTime: UInt64
        /// The PID namespace in which it has that pid, by its inode (pid_namespaces(7)); nil: the machine's first.
        public var namespace: UInt64?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case pid, namespace
            case startTime = "start_time"
        }

        package init(pid: Int32, startTime: UInt64, namespace: UInt64? = Host.pidNamespace) {
            self.pid = pid
            self.startTime = startTime
            self.namespace = namespace
        }
    }

    /// The resources that the command and the descendants that it waited for have used.
    public struct Usage: Codable, Hashable, Sendable {
        public var user: TimeSpan
        public var system: TimeSpan
        /// The largest resident set of any of them, in KiB.
        public var peakMemory: Int64

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case user, system
            case peakMemory = "peak_memory_kib"
        }

        public init(user: TimeSpan, system: TimeSpan, peakMemory: Int64) {
            self.user = user
            self.system = system
            self.peakMemory = peakMemory
        }
    }

    /// The part of the job's log that this try wrote.
    public struct Log: Codable, Hashable, Sendable {
        /// The positions at which it begins and ends in the log file, in bytes.
        public var start: Int64
        public var end: Int64?
        /// Bytes of output that didn't get into the log, and why ("limit", or an errno symbol).
        public var dropped: Int64?
        public var cut: String?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case start, end, dropped, cut
        }

        public init(start: Int64, end: Int64? = nil) {
            self.start = start
            self.end = end
        }
    }

    /// A process that outlived the command.
    public struct Descendant: Codable, Hashable, Sendable {
        public var pid: Int32
        /// Of its program, as ps(1) shows it.
        public var name: String

        private enum CodingKeys: String, CodingKey, CaseIterable { case pid, name }

        public init(pid: Int32, name: String) {
            self.pid = pid
            self.name = name
        }
    }

    /// The last number that a name in running/ has room for; the one after the record's last must have it too.
    package static let highestNumber = 999_998

    /// 1 for the first try of a job's life: the fencing token in the name in running/.
    public var number: Int
    public var worker: String
    public var host: String
    public var bootID: String
    public var runner: Process
    /// The command's own process, session and process group; nil if it could not be started.
    public var command: Process?
    public var startedAt: Instant
    public var finishedAt: Instant?
    public var outcome: Attempt.Outcome?
    public var exitCode: Int32?
    /// Such as `SIGKILL`.
    public var signal: String?
    public var coreDumped: Bool?
    public var message: String?
    public var usage: Usage?
    public var log: Log?
    /// Processes of the command's group that outlived it and were ended: the first ones.
    public var outlivedBy: [Descendant]?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case number, worker, host, runner, command, outcome, signal, message, usage, log
        case outlivedBy = "outlived_by"
        case bootID = "boot_id"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case exitCode = "exit_code"
        case coreDumped = "core_dumped"
    }

    public init(
        number: Int, worker: String, host: String, bootID: String, runner: Process,
        command: Process?, startedAt: Instant
    ) {
        self.number = number
        self.worker = worker
        self.host = host
        self.bootID = bootID
        self.runner = runner
        self.command = command
        self.startedAt = startedAt
    }

    /// From the start of the command to its end; nil while it runs.
    public var duration: TimeSpan? { finishedAt.map { $0 - startedAt } }
}

// Without the containers that the compiler would write: they take a third of the time of a small job's text.
extension Attempt {
    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<CodingKeys>(decoder, isStrict: false)
        number = try fields.require(.number)
        worker = try fields.require(.worker)
        host = try fields.require(.host)
        bootID = try fields.require(.bootID)
        runner = try fields.require(.runner)
        command = try fields.read(.command)
        startedAt = try fields.require(.startedAt)
        finishedAt = try fields.read(.finishedAt)
        outcome = try fields.read(.outcome)
        exitCode = try fields.read(.exitCode)
        signal = try fields.read(.signal)
        coreDumped = try fields.read(.coreDumped)
        message = try fields.read(.message)
        usage = try fields.read(.usage)
        log = try fields.read(.log)
        outlivedBy = try fields.read(.outlivedBy)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        try fields.write(bootID, CodingKeys.bootID)
        try fields.write(command, CodingKeys.command)
        try fields.write(coreDumped, CodingKeys.coreDumped)
        try fields.write(exitCode, CodingKeys.exitCode)
        try fields.write(finishedAt, CodingKeys.finishedAt)
        try fields.write(host, CodingKeys.host)
        try fields.write(log, CodingKeys.log)
        try fields.write(message, CodingKeys.message)
        try fields.write(number, CodingKeys.number)
        try fields.write(outcome, CodingKeys.outcome)
        try fields.write(items: outlivedBy, CodingKeys.outlivedBy)
        try fields.write(runner, CodingKeys.runner)
        try fields.write(signal, CodingKeys.signal)
        try fields.write(startedAt, CodingKeys.startedAt)
        try fields.write(usage, CodingKeys.usage)
        try fields.write(worker, CodingKeys.worker)
    }
}

extension Attempt.Process {
    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<CodingKeys>(decoder, isStrict: false)
        pid = try fields.require(.pid)
        startTime = try fields.require(.startTime)
        namespace = try fields.read(.namespace)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        try fields.write(namespace, CodingKeys.namespace)
        try fields.write(pid, CodingKeys.pid)
        try fields.write(startTime, CodingKeys.startTime)
    }
}

extension Attempt.Descendant {
    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<CodingKeys>(decoder, isStrict: false)
        pid = try fields.require(.pid)
        name = try fields.require(.name)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        try fields.write(name, CodingKeys.name)
        try fields.write(pid, CodingKeys.pid)
    }
}

extension Attempt.Usage {
    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<CodingKeys>(decoder, isStrict: false)
        user = try fields.require(.user)
        system = try fields.require(.system)
        peakMemory = try fields.require(.peakMemory)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        try fields.write(peakMemory, CodingKeys.peakMemory)
        try fields.write(system, CodingKeys.system)
        try fields.write(user, CodingKeys.user)
    }
}

extension Attempt.Log {
    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<CodingKeys>(decoder, isStrict: false)
        start = try fields.require(.start)
        end = try fields.read(.end)
        dropped = try fields.read(.dropped)
        cut = try fields.read(.cut)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        try fields.write(cut, CodingKeys.cut)
        try fields.write(dropped, CodingKeys.dropped)
        try fields.write(end, CodingKeys.end)
        try fields.write(start, CodingKeys.start)
    }
}

import SpoolTime

/// One job, as its file holds it: the fields that the user asked for, and below them the queue's record.
///
/// Every field that the user may leave out is optional. A job that is read and written again therefore says what it
/// said before. The values in force are under `Job+Defaults.swift`.
public struct Job: Hashable, Sendable {
    // The user's fields. Meaning, units and limits of each field: spool-format(5).
    public var command: Command?
    public var type: String?
    public var payload: JSONValue?
    public var name: String?
    /// At most one job with a key has it at once.
    public var key: String?
    public var keyUntil: KeyLifetime?
    public var queue: String?
    public var priority: Priority?
    public var tags: [String: String]?
    public var metadata: JSONValue?
    public var project: String?
    /// The job that submitted this one.
    public var parent: JobID?
    public var cwd: String?
    public var env: [String: String]?
    public var stdin: StandardInput?
    public var umask: FileMask?
    public var notBefore: Instant?
    public var delay: TimeSpan?
    public var expires: Expiry?
    public var timeout: TimeSpan?
    public var killAfter: TimeSpan?
    public var keepChildren: Bool?
    public var maxAttempts: Int?
    public var backoff: Backoff?
    public var retryOn: [Int32]?
    public var successOn: [Int32]?
    public var requires: [String]?
    public var slots: Int?
    public var limits: Limits?
    public var mode: Mode?
    public var mail: Mail?
    public var sync: SyncMode?

    // The queue's record.
    public var id: JobID?
    public var submittedAt: Instant?
    public var submittedBy: Submitter?
    /// Set in the jobs of crontab entries.
    public var cron: Recurrence?
    public var attempts: [Attempt]?
    /// How many of `attempts` belong to earlier rounds: a round begins when an ended job is queued again.
    public var earlierAttempts: Int?
    /// Set once the present round is over, or between two of its tries.
    public var state: JobState?
    /// When the next attempt is due, in a job that waits for one.
    public var retryAt: Instant?
    public var finishedAt: Instant?
    /// Why it is in this state, for people.
    public var message: String?
    /// The result that the handler wrote to `$SPOOL_RESULT`: JSON, or a string if it isn't JSON.
    public var result: JSONValue?

    public init() {}

    public init(command: Command, env: [String: String]? = nil) {
        self.command = command
        self.env = env
    }
}

extension Job {
    /// Whether the handler may change anything.
    public enum Mode: String, Codable, Sendable, CaseIterable {
        case apply
        case dryRun = "dry-run"

        public init(from decoder: any Decoder) throws {
            self = try FieldNames.word(from: decoder)
        }
    }

    /// The changes that a power cut may take away.
    public enum SyncMode: String, Codable, Sendable, CaseIterable {
        /// Nothing that was acknowledged.
        case full
        /// The last seconds before it. Killed processes still lose nothing.
        case off

        public init(from decoder: any Decoder) throws {
            self = try FieldNames.word(from: decoder)
        }
    }

    /// The time after which a job is not started any more.
    public enum Expiry: Hashable, Sendable {
        case at(Instant)
        /// Counted from the job's submission.
        case after(TimeSpan)
    }

    /// How long a job has its key.
    public enum KeyLifetime: Hashable, Sendable {
        /// Until its first attempt of a round begins.
        case start
        /// Until it ends.
        case end
        /// As long as its file is kept.
        case kept
        /// Counted from the job's submission, and no longer than its file is kept.
        case after(TimeSpan)
    }

    /// The user who submitted a job, by his or her own account: a label, not a proof.
    public struct Submitter: Codable, Hashable, Sendable {
        public var user: String
        public var host: String

        public init(user: String, host: String) {
            self.user = user
            self.host = host
        }

        private enum Field: String, CodingKey, CaseIterable { case user, host }

        public init(from decoder: any Decoder) throws {
            let fields = try FieldReader<Field>(decoder, isStrict: false)
            user = try fields.require(.user)
            host = try fields.require(.host)
        }

        public func encode(to encoder: any Encoder) throws {
            let fields = FieldWriter(encoder)
            try fields.write(host, Field.host)
            try fields.write(user, Field.user)
        }
    }

    /// A file mode creation mask, written in octal as umask(1) shows it: `"0022"`.
    public struct FileMask: Hashable, Sendable {
        public let bits: UInt32

        public init?(bits: UInt32) {
            guard bits <= 0o777 else { return nil }
            self.bits = bits
        }
    }

    /// The most that the kernel grants the command (setrlimit(2)), and the limit of the log.
    public struct Limits: Codable, Hashable, Sendable {
        /// Address space of each process, in bytes.
        public var memory: ByteCount?
        public var cpuTime: TimeSpan?
        public var openFiles: Int64?
        public var processes: Int64?
        /// Bytes of output that the log takes.
        public var output: ByteCount?
        public var nice: Int32?

        public init() {}
    }

    /// A number of bytes, written as a number or with a unit of 1024: `512M`, `2G`.
    public struct ByteCount: Hashable, Sendable {
        public let bytes: Int64

        public init(_ bytes: Int64) {
            self.bytes = bytes
        }
    }
}

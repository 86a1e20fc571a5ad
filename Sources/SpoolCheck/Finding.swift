import Spool

extension SpoolCheck {
    /// Something in a spool that isn't as spool-format(5) has it.
    public struct Finding: Sendable {
        public enum Severity: String, CaseIterable, Codable, Sendable {
            /// A job doesn't go its way, or the spool doesn't work.
            case error
            /// Something lies where nobody looks at it, or says something untrue.
            case warning
            /// Normal running cleans it up, or nothing depends on it.
            case note
        }

        public let code: Code
        public let severity: Severity
        /// Below the spool; `.` is the spool itself.
        public let path: String
        public let job: JobID?
        /// The fault, for people.
        public let message: String
        /// How it was mended; nil: it wasn't.
        public let mended: String?
    }
}

extension SpoolCheck.Finding {
    /// The kind of a finding, by a name that programs may rely on.
    public enum Code: String, CaseIterable, Codable, Sendable {
        // The directories
        case readOnly = "read-only"
        case noSpace = "no-space"
        case quota
        case noLocks = "no-locks"
        case noExchange = "no-exchange"
        case otherMount = "other-mount"
        case unwritable
        case noProcesses = "no-processes"
        case missingDirectory = "missing-directory"
        case notADirectory = "not-a-directory"
        case notAQueue = "not-a-queue"
        case openMode = "open-mode"
        case foreignOwner = "foreign-owner"
        case unreadable
        case unknownName = "unknown-name"
        case badSettings = "bad-settings"
        // The files in them
        case notAJob = "not-a-job"
        case wrongKind = "wrong-kind"
        case hardLinks = "hard-links"
        case strangeName = "strange-name"
        case strayDirectory = "stray-directory"
        case misplaced
        case duplicateID = "duplicate-id"
        case waitingCopy = "waiting-copy"
        case wrongID = "wrong-id"
        case wrongDay = "wrong-day"
        case openAttempt = "open-attempt"
        case impossibleTime = "impossible-time"
        case missingReason = "missing-reason"
        // The dead
        case deadOwner = "dead-owner"
        case deadWorker = "dead-worker"
        case badWorker = "bad-worker"
        case orphanSidecar = "orphan-companion"
        case orphanReason = "orphan-reason"
        case staleTemporary = "stale-temporary"
        // Records
        case orphanLog = "orphan-log"
        case strayFile = "stray-file"
        case tornHistory = "torn-history"
        case badState = "bad-state"
        case staleKey = "stale-key"

        /// The severity of such a finding, unless it is milder in a case.
        public var severity: Severity {
            switch self {
            case .readOnly, .noSpace, .quota, .noLocks, .noExchange, .otherMount, .unwritable,
                .noProcesses,
                .missingDirectory, .notADirectory, .notAQueue, .openMode, .foreignOwner,
                .unreadable,
                .badSettings, .notAJob, .wrongKind, .duplicateID:
                .error
            case .hardLinks, .strangeName, .strayDirectory, .misplaced, .wrongID,
                .wrongDay, .openAttempt, .deadOwner, .badWorker, .badState:
                .warning
            case .unknownName, .waitingCopy, .impossibleTime, .missingReason, .deadWorker,
                .orphanSidecar,
                .orphanReason, .staleTemporary, .orphanLog, .strayFile, .tornHistory,
                .staleKey:
                .note
            }
        }

        /// The advice about such a finding.
        public var advice: String {
            switch self {
            case .readOnly: "mount the file system for writing"
            case .noSpace:
                "free some room there; 'spool clean --all --older 0' removes all ended jobs"
            case .quota: "remove files, or have the quota raised"
            case .noLocks, .noExchange:
                "put the spool on a local file system: ext4, xfs, btrfs or tmpfs"
            case .otherMount:
                "unmount it; logs/ and history/ may lie on other mounts, and the whole spool"
            case .unwritable: "check its owner, mode and attributes (lsattr), and the disk"
            case .noProcesses: "mount it: 'mount -t proc proc /proc'"
            case .missingDirectory: "--repair makes it"
            case .notADirectory:
                "move it away; the directory is made when it is needed, or by --repair"
            case .openMode: "--repair takes the permission away"
            case .foreignOwner: "give it to the spool's owner with chown"
            case .unreadable:
                "check its owner and mode, and the disk; move it away if it is no plain file"
            case .unknownName: "move it out of the spool if nobody needs it here"
            case .badSettings: "correct it; workers notice"
            case .notAQueue, .notAJob, .wrongKind: "--repair takes it to dead-letter/"
            case .strangeName:
                "move a job into incoming/, under a name that ends in .json; --repair takes it to"
                    + " dead-letter/, unless it lies in incoming/ and is no job"
            case .hardLinks: "--repair puts a copy in its place"
            case .strayDirectory: "move its files to where they belong, then remove it"
            case .misplaced, .wrongDay: "--repair gives it the name that belongs there"
            case .duplicateID:
                "--repair takes this one to dead-letter/, under an id of its own"
            case .waitingCopy:
                "it gets an id of its own when it is claimed or changed; --repair gives it one now"
            case .wrongID: "--repair writes the id of the name into it"
            case .openAttempt: "--repair records the attempt as interrupted"
            case .impossibleTime: "set the clock right; the record stays as it is"
            case .missingReason: "--repair writes one"
            case .deadOwner: "workers recover it, and so does --repair"
            case .deadWorker, .orphanSidecar, .orphanReason, .staleTemporary:
                "workers remove it, and so does --repair"
            case .badWorker:
                "if its program is another version of spool, use the check of that version"
            case .orphanLog, .strayFile: "remove it if nobody needs it"
            case .tornHistory:
                "readers skip such lines, which may stay; --repair ends a last line that has no end"
            case .staleKey:
                "the next submission with its key replaces it; 'spool clean' removes it, and so does --repair"
            case .badState: "leave it; the scheduler replaces it in time"
            }
        }
    }
}

extension SpoolCheck.Finding: Encodable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case code, severity, path, job, message, advice, mended
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(code, forKey: .code)
        try fields.encode(severity, forKey: .severity)
        try fields.encode(path, forKey: .path)
        try fields.encodeIfPresent(job, forKey: .job)
        try fields.encode(message, forKey: .message)
        try fields.encode(code.advice, forKey: .advice)
        try fields.encodeIfPresent(mended, forKey: .mended)
    }
}

/// Gets every finding.
package typealias CheckReport = (SpoolCheck.Finding) throws(SpoolError) -> Void

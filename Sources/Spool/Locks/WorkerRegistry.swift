import SpoolSystem
import SpoolTime

/// A living worker, as its file in workers/ describes it.
public struct WorkerRecord: Codable, Sendable {
    public var id: String
    public var host: String
    public var bootID: String
    public var process: Attempt.Process
    public var startedAt: Instant
    /// One of `possibleSlots`, unless its file was written by something else than a worker.
    public var slots: Int
    /// The queues it serves; nil: all.
    public var queues: [String]?
    public var offers: [String]
    /// Started by a command that found no worker, and gone again when there is nothing to do.
    public var isTransient: Bool
    /// Started as a daemon, with a scheduler beside it; nil in the file of an older program.
    public var isDaemon: Bool?
    /// Its slots are from its command line, and stay as they are; nil in the file of an older program.
    public var hasFixedSlots: Bool?
    /// It takes no more jobs, and ends when those that it runs have ended. The name of its file says so.
    public package(set) var isDraining = false

    /// How many slots a worker may have.
    package static let possibleSlots = JobCheck.possibleSlots

    private enum CodingKeys: String, CodingKey {
        case id, host, process, slots, queues, offers
        case bootID = "boot_id"
        case startedAt = "started_at"
        case isTransient = "transient"
        case isDaemon = "daemon"
        case hasFixedSlots = "fixed_slots"
    }

    package init(
        id: String, slots: Int, queues: [String]?, offers: [String], isTransient: Bool,
        isDaemon: Bool = false, hasFixedSlots: Bool = false, isDraining: Bool = false,
        startedAt: Instant
    ) {
        self.id = id
        host = Host.name
        bootID = Host.bootID
        process = .own()
        self.startedAt = startedAt
        self.slots = slots
        self.queues = queues
        self.offers = offers
        self.isTransient = isTransient
        self.isDaemon = isDaemon
        self.hasFixedSlots = hasFixedSlots
        self.isDraining = isDraining
    }

    /// The name of its file in workers/.
    package var fileName: String {
        id + (isDraining ? WorkerRecord.drainingSuffix : WorkerRecord.suffix)
    }

    fileprivate static let suffix = ".json"
    fileprivate static let drainingSuffix = ".draining.json"

    /// Whether a file of this name says that its worker takes no more jobs.
    fileprivate static func isDraining(_ name: String) -> Bool { name.hasSuffix(drainingSuffix) }

    /// Whether it takes jobs of this queue.
    public func serves(_ queue: String) -> Bool { queues?.contains(queue) ?? true }
}

/// Which workers live that take jobs.
package enum WorkerPresence: Sendable {
    case none
    /// All that live name the queues that they serve.
    case ofNamedQueues
    /// One serves every queue, or doesn't say which.
    case ofAllQueues
}

/// The living workers, as far as their files describe them.
package struct WorkerSurvey: Sendable {
    /// Also those that only wait for the jobs that they run.
    package fileprivate(set) var described: [WorkerRecord] = []
    /// How many take jobs, and have files that don't describe them. Nobody knows their slots, or which jobs they take.
    package fileprivate(set) var undescribed = 0

    /// Those that take jobs.
    package var open: [WorkerRecord] { described.filter { !$0.isDraining } }
}

/// The lock that says that a worker lives. It goes with the process.
package final class WorkerRegistration {
    private let storage: Storage
    private var name: String
    private var file: LockedFile?

    fileprivate init(storage: Storage, name: String, file: LockedFile) {
        self.storage = storage
        self.name = name
        self.file = file
    }

    /// Says that this worker is gone. A process that submits a job from now on finds it so.
    package func withdraw() {
        // A file that can't be removed is found unlocked and removed by somebody else.
        _ = try? storage.root.removeIfPresent(name)
        file = nil
    }

    /// The fate of the file since it was put in its place.
    package enum Whereabouts {
        case inPlace, movedAway, removed
    }

    package func whereabouts() throws(SpoolError) -> Whereabouts {
        guard let file else { return .removed }
        return try onPath(storage.path + "/" + name, "stat") { () throws(Errno) in
            let status = try file.descriptor.status()
            if try storage.root.status(of: name)?.identity == status.identity { return .inPlace }
            return status.links > 0 ? .movedAway : .removed
        }
    }

    /// Says that this worker takes no more jobs: a process that submits one from now on doesn't count on it.
    ///
    /// - Throws: if its file can't be renamed; a file that is gone is no error.
    package func drain() throws(SpoolError) {
        guard !WorkerRecord.isDraining(name) else { return }
        let to = String(name.dropLast(WorkerRecord.suffix.count)) + WorkerRecord.drainingSuffix
        let path = storage.path + "/" + name
        do throws(Errno) {
            try storage.root.rename(name, to: to, .replace)
        } catch {
            guard error == .noEntry else { throw SpoolError(error, "rename", path) }
        }
        name = to
    }

    /// Closes the lock's descriptor in a child of the worker, which must not keep it alive.
    package func closeInChild() { file = nil }
}

/// The files in workers/, by which workers are known.
package struct WorkerRegistry: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Puts a worker's file in place, locked from its first instant there.
    package func register(_ record: WorkerRecord) throws(SpoolError) -> WorkerRegistration {
        let name = "workers/" + record.fileName
        try storage.requireNoLink(onTheWayTo: "workers")
        let temporary = try FileWriter(storage).writeTemporary(
            try JSONText.encode(record, pretty: true), sync: .off)
        try storage.inLayout(name, "rename") { () throws(Errno) in
            try storage.root.rename(temporary.name, to: name, .replace)
        }
        temporary.forgetName()
        return WorkerRegistration(storage: storage, name: name, file: temporary.file)
    }

    /// The workers that live now. The files of dead ones are removed on the way.
    package func survey() throws(SpoolError) -> WorkerSurvey {
        var survey = WorkerSurvey()
        for name in try workerFiles().sorted() {
            guard let bytes = try contentsOfLiving(name) else { continue }
            if let record = WorkerRegistry.record(in: bytes, of: name) {
                survey.described.append(record)
            } else if !WorkerRecord.isDraining(name) {
                survey.undescribed += 1
            }
        }
        return survey
    }

    /// Those that take jobs, and whose files describe them.
    package func workers() throws(SpoolError) -> [WorkerRecord] { try survey().open }

    /// Also those that only wait for the jobs that they run.
    package func livingWorkers() throws(SpoolError) -> [WorkerRecord] { try survey().described }

    /// Whether any worker lives that takes jobs. One whose file doesn't describe it takes them too. If it didn't count,
    /// another worker would be started, and run more jobs at once than the first one was told to.
    package func hasWorker() throws(SpoolError) -> Bool { try presence() != .none }

    /// As `hasWorker`, and whether a job of any queue is served for certain.
    package func presence() throws(SpoolError) -> WorkerPresence {
        var presence = WorkerPresence.none
        for name in try workerFiles() where !WorkerRecord.isDraining(name) {
            let file = try onPath(storage.path + "/" + name, "read") { () throws(Errno) in
                try openLivingWorker(name)
            }
            guard let file else { continue }
            guard WorkerRegistry.namesQueues(file) else { return .ofAllQueues }
            presence = .ofNamedQueues
        }
        return presence
    }

    /// Whether a worker's file may name queues. It isn't decoded for each job that is submitted.
    private static func namesQueues(_ file: borrowing Descriptor) -> Bool {
        guard let bytes = try? file.readAll(limit: 1 << 16) else { return true }
        let field = "\"queues\"".utf8
        return bytes.indices.contains {
            bytes[$0] == field.first && bytes[$0...].starts(with: field)
        }
    }

    private func workerFiles() throws(SpoolError) -> [String] {
        var files: [String] = []
        try storage.onListing("workers") { () throws(Errno) in
            try storage.root.forEachRawEntry(in: "workers") { entry in
                let name = String(decoding: entry.bytes, as: UTF8.self)
                if name.hasSuffix(".json") { files.append("workers/" + name) }
            }
        }
        return files
    }

    /// - Returns: nil if no living worker has the file.
    private func contentsOfLiving(_ name: String) throws(SpoolError) -> [UInt8]? {
        try onPath(storage.path + "/" + name, "read") { () throws(Errno) -> [UInt8]? in
            guard let file = try openLivingWorker(name) else { return nil }
            return try file.readAll(limit: storage.rules.sizeLimit)
        }
    }

    /// - Returns: nil if it describes no worker.
    private static func record(in bytes: [UInt8], of name: String) -> WorkerRecord? {
        // The lock says that a worker lives; a record that is none says nothing more.
        guard var record = try? JSONText.decode(WorkerRecord.self, from: bytes),
            WorkerRecord.possibleSlots.contains(record.slots)
        else { return nil }
        record.isDraining = WorkerRecord.isDraining(name)
        return record
    }

    /// - Returns: nil if the file is a dead worker's, which is removed, or isn't there (any more).
    private func openLivingWorker(_ name: String) throws(Errno) -> Descriptor? {
        guard let file = try storage.root.openIfPresent(name) else { return nil }
        // Shared, so that two processes that ask don't take each other for the worker.
        guard try file.tryLockShared() else { return file }
        // A living one may have put another file in the place of the one that was opened.
        if try storage.root.status(of: name)?.identity == file.status().identity {
            try storage.root.removeIfPresent(name)
        }
        return nil
    }
}

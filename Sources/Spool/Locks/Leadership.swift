import SpoolSystem
import SpoolTime

/// The active scheduler, as state/scheduler.json describes it.
public struct SchedulerRecord: Codable, Sendable {
    public var host: String
    public var bootID: String
    public var process: Attempt.Process
    public var startedAt: Instant

    private enum CodingKeys: String, CodingKey {
        case host, process
        case bootID = "boot_id"
        case startedAt = "started_at"
    }
}

/// The leadership of the active scheduler. A scheduler that takes it puts its own file in the place of its predecessor's. On
/// a file system whose locks lie, a predecessor that was only thought dead thus finds out before it does anything.
package final class Leadership {
    package static let path = "state/scheduler.json"

    private let storage: Storage
    /// Open as long as it matters, so that no other file can get its number.
    private let file: LockedFile

    package init(_ storage: Storage) throws(SpoolError) {
        let record = SchedulerRecord(
            host: Host.name, bootID: Host.bootID,
            process: .own(),
            startedAt: storage.now())
        let temporary = try FileWriter(storage).writeTemporary(
            try JSONText.encode(record, pretty: true), sync: .off)
        try FileWriter(storage).publish(
            temporary, as: Leadership.path, .replace, keepsOpen: true)
        self.storage = storage
        file = temporary.file
    }

    /// Whether nobody else has taken it up to now.
    ///
    /// - Throws: also if nobody has it: then it is to be taken again.
    func isLeader() throws(SpoolError) -> Bool {
        let path = storage.path + "/" + Leadership.path
        let status = try onPath(path, "stat") { () throws(Errno) in
            try storage.root.status(of: Leadership.path)
        }
        guard let status else {
            throw SpoolError(.notFound, "\(path) is gone; it is written anew", path: path)
        }
        return status.identity == file.identity
    }
}

/// The state of the active scheduler, as far as it can be told from outside.
package struct Scheduling: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Whether the scheduler that became the leader last lives.
    ///
    /// - Returns: nil if that can't be told, as it is on another host.
    package func isScheduling() throws(SpoolError) -> Bool? {
        guard let record = try schedulerRecord() else { return false }
        let liveness = record.liveness
        guard liveness.isAlive == true else { return liveness.isAlive }
        return try liveness.serves(storage)
    }

    /// The scheduler that became the leader last, dead or alive; nil if there was none.
    package func schedulerRecord() throws(SpoolError) -> SchedulerRecord? {
        guard
            let bytes = try storage.contents(of: Leadership.path, limit: storage.rules.sizeLimit)
        else {
            return nil
        }
        // A record that a power cut has left in part is none.
        return try? JSONText.decode(SchedulerRecord.self, from: bytes)
    }
}

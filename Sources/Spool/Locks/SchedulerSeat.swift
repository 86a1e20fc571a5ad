import SpoolSystem
import SpoolTime

/// Who schedules, as state/scheduler.json describes it.
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

/// The seat of the active scheduler. Whoever takes it puts its own file in the place of its predecessor's:
/// so one who was thought dead, where locks lie, finds out before it does anything.
package final class SchedulerSeat {
    package static let path = "state/scheduler.json"

    private let spool: SpoolDirectory
    /// Open as long as it matters, so that no other file can get its number.
    private let file: LockedFile

    package init(_ spool: SpoolDirectory) throws(SpoolError) {
        let record = SchedulerRecord(
            host: Host.name, bootID: Host.bootID,
            process: .own(),
            startedAt: spool.now())
        let temporary = try spool.writeTemporary(
            try JSONText.encode(record, pretty: true), sync: .off)
        try spool.publish(temporary, as: SchedulerSeat.path, .replace, keepsOpen: true)
        self.spool = spool
        file = temporary.file
    }

    /// Whether nobody else has taken it up to now.
    ///
    /// - Throws: also when nobody has it: then it is to be taken again.
    func isOurs() throws(SpoolError) -> Bool {
        let path = spool.path + "/" + SchedulerSeat.path
        let status = try onPath(path, "stat") { () throws(Errno) in
            try spool.root.status(of: SchedulerSeat.path)
        }
        guard let status else {
            throw SpoolError(.notFound, "\(path) is gone; it is written anew", path: path)
        }
        return status.identity == file.identity
    }
}

extension SpoolDirectory {
    /// Whether the scheduler that took the seat last lives.
    ///
    /// - Returns: nil where that can't be told, as it is on another host.
    public func isScheduling() throws(SpoolError) -> Bool? {
        guard let record = try schedulerRecord() else { return false }
        let liveness = record.liveness
        guard liveness.isAlive == true else { return liveness.isAlive }
        return try liveness.serves(self)
    }

    /// The scheduler that took the seat last, dead or alive; nil when there was none.
    public func schedulerRecord() throws(SpoolError) -> SchedulerRecord? {
        guard let bytes = try contents(of: SchedulerSeat.path, limit: rules.sizeLimit) else {
            return nil
        }
        // What a power cut has left of a record is none.
        return try? JSONText.decode(SchedulerRecord.self, from: bytes)
    }
}

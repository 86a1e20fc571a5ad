import SpoolTime

/// The content of a key's file, `keys/NAME.json`: which job has the key.
package struct KeyRecord: Codable, Hashable, Sendable {
    package let key: String
    package let job: JobID
    /// The path of the job's file below the spool until it has its place: in tmp/, or where somebody has dropped it.
    ///
    /// nil: it had its place before.
    let file: String?
    /// The inode of a dropped file: another file that gets its name is none of this record's.
    let inode: UInt64?
    /// The path below the spool at which the job gets its place.
    let target: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case key, job, file, inode, target }

    package static let directory = "keys"

    package init(_ key: String, _ location: JobLocation, file: String?, inode: UInt64? = nil) {
        self.key = key
        job = location.id
        self.file = file
        self.inode = inode
        target = location.path
    }

    /// The path of a key's file below the spool.
    package static func path(of key: String) -> String {
        "\(directory)/\(PlainName.of(key)).json"
    }

    var path: String { KeyRecord.path(of: key) }

    /// The place that the job gets; nil if the file names none, as it was changed by hand.
    var location: JobLocation? { JobLocation(path: target).flatMap { $0.id == job ? $0 : nil } }
}

extension KeyRule {
    /// Whether a job in a place still has its key.
    static func has(_ job: Job, in place: Place, at now: Instant, submittedAt: Instant) -> Bool {
        switch job.keyUntil ?? .kept {
        case .kept: true
        case .end: !place.isEnded
        // A claim may be undone, the record of a start is not. An ended job that waits again is in a new round.
        case .start: !place.isEnded && (job.state?.isFinal == true || job.triesInRound == 0)
        case .after(let span): now < submittedAt + span
        }
    }
}

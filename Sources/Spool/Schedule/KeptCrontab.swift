import SpoolSchedule

/// The last good text of a crontab file, and when each of its entries was first seen: what a scheduler has
/// in force. It outlives the scheduler, so that a slip of the pen changes nothing, not even over a restart.
struct KeptCrontab: Codable {
    var file: String
    var loadedAt: Instant
    var text: String
    /// Entries by the instant they were first seen, as many have the same: key and print of the schedule.
    private var since: [String: [String]]

    private enum CodingKeys: String, CodingKey {
        case file, text, since
        case loadedAt = "loaded_at"
    }

    init(file: String, text: String, at now: Instant, _ entries: [CronEntry]) {
        self.file = file
        self.text = text
        loadedAt = now
        since = [:]
        for entry in entries {
            since[entry.since.rfc3339, default: []].append(KeptCrontab.mark(of: entry))
        }
    }

    /// When each entry was first seen.
    var firstSights: [String: Instant] {
        var sights: [String: Instant] = [:]
        for (time, marks) in since {
            guard let instant = Instant(rfc3339: time) else { continue }
            for mark in marks { sights[mark] = instant }
        }
        return sights
    }

    /// What tells an entry from what it was before its schedule was edited.
    static func mark(of entry: CronEntry) -> String { "\(entry.key) \(entry.schedulePrint)" }

    /// Where the copy of a crontab file lies.
    static func path(of file: String) -> String {
        "\(directory)/\(file.split(separator: "/").joined(separator: "-")).json"
    }

    static let directory = "state/crontabs"
}

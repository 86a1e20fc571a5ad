import SpoolTime

/// The last good text of a crontab file, and when each of its entries was first seen: the entries that a scheduler has
/// in force. It outlives the scheduler, so that a slip of the pen changes nothing, not even over a restart.
///
/// Its file is a line of JSON, and then the text as it stands. That is quick to write and read, however long the text
/// is.
package struct CrontabSnapshot {
    package struct Header: Codable {
        var file: String
        var loadedAt: Instant
        /// The machine's zone then: entries without a `CRON_TZ` are others in another one.
        var zone: String
        /// Of the text, in bytes: a text that a power cut has left shorter isn't it.
        var size: Int
        /// When its entries were first seen, in their order.
        var since: [Sighting]
        /// The names of the entries that are called otherwise than the text says, by their numbers in it, from 0. nil: a
        /// former version wrote it, which didn't say.
        var names: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case file, zone, size, since, names
            case loadedAt = "loaded_at"
        }
    }

    /// The time at which so many entries in a row were first seen.
    package struct Sighting: Codable {
        var at: Instant
        var count: Int
    }

    package let header: Header
    package let text: [UInt8]

    package init(_ table: EntryTable, _ text: [UInt8], at now: Instant) {
        var since: [Sighting] = []
        var names: [String: String] = [:]
        for (index, entry) in table.entries.enumerated() {
            if let name = entry.formerName, name != entry.name { names[String(index)] = name }
            if let last = since.last, last.at == entry.since {
                since[since.count - 1].count += 1
            } else {
                since.append(Sighting(at: entry.since, count: 1))
            }
        }
        header = Header(
            file: table.file, loadedAt: now, zone: table.zone, size: text.count, since: since,
            names: names)
        self.text = text
    }

    /// nil if it isn't whole.
    package init?(_ bytes: [UInt8]) {
        // Half a header is none: a power cut leaves one.
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let header = try? JSONText.decode(Header.self, from: Array(bytes[..<end])),
            header.size == bytes.count - end - 1
        else { return nil }
        self.header = header
        text = Array(bytes[(end + 1)...])
    }

    package func bytes() throws(SpoolError) -> [UInt8] {
        try JSONText.encode(header, pretty: false) + text
    }

    package var entryCount: Int { header.since.reduce(0) { $0.clampedSum(max(0, $1.count)) } }

    /// When each entry of the text was first seen, and how it was called last.
    ///
    /// - Returns: nil if there aren't as many as these.
    package func firstSights(of entries: [ScheduledEntry]) -> [FirstSight?]? {
        guard entries.count == entryCount else { return nil }
        let all = header.since.flatMap { repeatElement($0.at, count: max(0, $0.count)) }
        return zip(entries, all).enumerated().map { index, known in
            let (entry, sight) = known
            let hasOwnZone = entry.line.context.settings.zone != nil
            guard hasOwnZone || entry.line.zone.name == header.zone else { return nil }
            let name = header.names.map { names in
                names.isEmpty ? entry.name : names[String(index)] ?? entry.name
            }
            return FirstSight(since: sight, name: name)
        }
    }

    /// The facts about an entry that its text doesn't hold.
    package struct FirstSight {
        let since: Instant
        /// The name by which its slots were decided last; nil if that isn't known.
        let name: String?
    }

    /// The path of the copy of a crontab file.
    package static func path(of file: String) -> String {
        "\(directory)/\(file.split(separator: "/").joined(separator: "-"))"
    }

    /// The path of the text that stood in a crontab file before the present one.
    package static func previousPath(of file: String) -> String {
        path(of: file) + CrontabFiles.previousSuffix
    }

    /// The path of the text that was in force last, if the other place holds another one.
    package static func lastPath(of file: String) -> String {
        path(of: file) + lastMark + CrontabFiles.previousSuffix
    }

    /// Whether a name in the directory is that of a former text, which is in force of nothing.
    package static func isPrevious(_ name: some StringProtocol) -> Bool {
        name.hasSuffix(CrontabFiles.previousSuffix)
    }

    /// Whether it is the name of the former text of a file that can be a crontab.
    package static func isKnownPrevious(_ name: String) -> Bool {
        guard isPrevious(name) else { return false }
        var copy = name.dropLast(CrontabFiles.previousSuffix.count)
        if copy.hasSuffix(lastMark) { copy = copy.dropLast(lastMark.count) }
        let prefix = "cron.d-"
        return copy == "crontab"
            || copy.hasPrefix(prefix)
                && CrontabFiles.isFile("cron.d/" + copy.dropFirst(prefix.count))
    }

    /// No crontab file has this in its name.
    private static let lastMark = "@last"
    package static let directory = "state/crontabs"
    /// Of the file, in bytes.
    package static let sizeLimit = 4 * EntryTable.sizeLimit
}

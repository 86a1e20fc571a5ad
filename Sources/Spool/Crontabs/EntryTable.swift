import SpoolSchedule
import SpoolSystem

/// A crontab file of a spool: the entries in force, and its faults.
public struct EntryTable: Sendable {
    /// `crontab` or `cron.d/NAME`.
    public let file: String
    /// In force, in the order of the file.
    public package(set) var entries: [ScheduledEntry]
    /// Errors and warnings about the text that is in the file now.
    public internal(set) var diagnostics: [CrontabDiagnostic]
    /// The file can't be used as it is now: the entries are those of its last good text.
    public internal(set) var isFromSnapshot: Bool
    /// Why it can't be read at all; nil if it can.
    public internal(set) var problem: String?
    /// The text that is in force; nil: there never was a good one.
    package internal(set) var text: [UInt8]?
    /// The machine's zone when it was read.
    let zone: String
    /// Whether the entries in force, and the times at which they were first seen, aren't on record yet.
    package var needsSnapshot = false

    /// Its entries count as first seen when these were, and are called as these are.
    package mutating func see(_ own: [ScheduledEntry]) {
        for (index, entry) in zip(entries.indices, own) {
            entries[index].since = entry.since
            entries[index].formerName = entry.formerName
        }
    }

    /// Whether it has entries that are new, or of which it isn't known how they were called.
    package var hasUnnamed: Bool { entries.contains { $0.formerName == nil } }

    /// Notes the names of its entries that are new, as they are called among those of all files.
    ///
    /// - Parameter all: the same table with these names. It shares the entries of this one if the names are the same.
    package mutating func name(like all: inout EntryTable) {
        var isSame = true
        for index in entries.indices {
            let name = all.entries[index].name
            if entries[index].name != name { isSame = false }
            if entries[index].formerName == nil { entries[index].formerName = name }
        }
        if isSame {
            all.entries = entries
        } else {
            for index in entries.indices {
                all.entries[index].formerName = entries[index].formerName
            }
        }
    }

    /// The largest file that is read, in bytes: a hundred thousand long lines.
    static let sizeLimit = 1 << 26

    /// The number of errors that are told of one file.
    package static let mostErrors = 10

    /// The errors of the file, a line each, with its name in front; empty if it can be used. If there are many, these
    /// are the first ones, and the number of the others.
    public var errors: [String] {
        let found = diagnostics.filter { $0.severity == .error }.map { "\(file):\($0)" }
        return (problem.map { ["\(file): \($0)"] } ?? []) + found.prefix(EntryTable.mostErrors)
            + (EntryTable.rest(found.count, of: file).map { [$0] } ?? [])
    }

    /// A line about the errors that aren't told; nil if all are.
    package static func rest(_ count: Int, of file: String) -> String? {
        guard count > mostErrors else { return nil }
        return "\(file): and \(MessageText.count(count - mostErrors, "more error"))"
    }

    /// Why a crontab file can't be read, and the remedy.
    package static func problem(_ error: SpoolError) -> String {
        switch error.errno {
        case Errno.loop.rawValue:
            "\(error.fact): it is a symbolic link, and none is followed; put the file itself there"
        case Errno.isDirectory.rawValue:
            "\(error.fact): a file is wanted here; move the directory away"
        case Errno.accessDenied.rawValue:
            "\(error.fact): let the owner of the spool read it"
        default: error.message
        }
    }
}

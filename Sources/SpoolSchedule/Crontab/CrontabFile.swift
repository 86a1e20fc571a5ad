/// A crontab file, read: its entries, and all that is wrong with it.
///
/// A line is five fields or a nickname and then a job, or `NAME=value` for the lines below it, or a
/// comment. Settings end with the file.
public struct CrontabFile: Sendable {
    /// The entries in the order of the file. If there are errors, the lines concerned are missing here: keep the table
    /// that was good last instead of running half a file.
    public let entries: [CrontabLine]
    /// The lines that set something; empty unless the options say from when to look for surprises.
    package let assignments: [CrontabAssignment]
    /// Errors and warnings, in the order of the file.
    public let diagnostics: [CrontabDiagnostic]

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// The facts that the file itself doesn't give.
    public struct Options: Sendable {
        /// A system's file names a user before the job, as /etc/crontab does.
        public var hasUserColumn: Bool
        /// In force until `CRON_TZ` says otherwise.
        public var zone: Zone
        /// The database that `CRON_TZ` is looked up in.
        public var zones: ZoneDatabase
        /// For `~`: which machine this is, such as the contents of /etc/machine-id.
        public var machine: String
        /// From when to look for changes of the clock to warn of; nil for no such warnings.
        public var now: Instant?

        public init(
            zone: Zone, zones: ZoneDatabase = ZoneDatabase(), hasUserColumn: Bool = false,
            machine: String = "", now: Instant? = nil
        ) {
            self.zone = zone
            self.zones = zones
            self.hasUserColumn = hasUserColumn
            self.machine = machine
            self.now = now
        }
    }

    /// Reads a whole file; never stops at the first error.
    public static func parse(_ text: String, options: Options) -> CrontabFile {
        parse(Array(text.utf8), options: options)
    }

    /// As UTF-8 has it.
    package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// - Parameter text: UTF-8.
    package static func parse(_ text: [UInt8], options: Options) -> CrontabFile {
        var parser = CrontabParser(text, options)
        // Some editors begin a file with it; it has no meaning.
        var start = text.starts(with: byteOrderMark) ? byteOrderMark.count : 0
        var number = 0
        while start <= text.count {
            number += 1
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            // As some editors write the end of a line.
            let hasReturn = end < text.count && end > start && text[end - 1] == UInt8(ascii: "\r")
            parser.read(start..<(hasReturn ? end - 1 : end), number: number)
            start = end + 1
        }
        let crontab = parser.crontab
        guard crontab.entries.isEmpty, crontab.hasErrors,
            let diagnostic = ForeignFile.diagnostic(of: String(decoding: text, as: UTF8.self))
        else { return crontab }
        return CrontabFile(entries: [], assignments: crontab.assignments, diagnostics: [diagnostic])
    }
}

/// A job and when it recurs.
public struct CrontabLine: Sendable {
    /// Made from the entry's own text, so that it stays when lines are moved; see `CrontabNames`.
    public var name: String
    /// 1 for the first.
    public let line: Int
    public let expression: CronExpression
    /// nil unless the file has the user column.
    public let user: String?
    public let job: CrontabLine.Work
    /// The column at which the job begins in its line, 1 for the first character.
    public let jobColumn: Int
    /// The settings and variables of the lines above it; shared with the entries that stand below the same lines.
    package internal(set) var context: CrontabContext

    /// By whose clock.
    public var zone: Zone { context.zone }
    /// The settings in force at its line.
    public var settings: CrontabSettings { context.settings }
    /// The variables set above its line; later ones have replaced earlier ones of the same name.
    public var environment: [String: String] { context.environment }

    /// The entry's slots.
    ///
    /// - Parameter firstSeen: when the entry was loaded first; `@every` counts from there.
    /// - Returns: its expression in its zone.
    public func schedule(firstSeen: Instant) -> Schedule {
        Schedule(expression, in: zone, firstSeen: firstSeen)
    }
}

/// A line that sets something.
package struct CrontabAssignment: Sendable {
    package let name: String
    /// Without quotes.
    package let value: String
    /// 1 for the first.
    package let line: Int
    /// The column at which the value begins as it is written, 1 for the first character.
    package let column: Int
}

/// The settings and variables in force at a line of a crontab, by the lines above it.
package final class CrontabContext: Sendable {
    package let settings: CrontabSettings
    package let zone: Zone
    private let variables: CrontabVariables
    /// How many of these are set above the line.
    private let count: Int

    package var environment: [String: String] { variables.values(after: count) }

    init(_ settings: CrontabSettings, _ zone: Zone, _ variables: CrontabVariables, count: Int) {
        self.settings = settings
        self.zone = zone
        self.variables = variables
        self.count = count
    }

    /// The same context with all variables of the file, once they are known.
    func with(_ all: CrontabVariables) -> CrontabContext {
        CrontabContext(settings, zone, all, count: count)
    }
}

/// An error or a doubt in a crontab, and its place.
public struct CrontabDiagnostic: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        /// The file can't be used.
        case error
        /// The file can be used, and may not do what is meant.
        case warning
    }

    public let severity: Severity
    /// 1 for the first.
    public let line: Int
    /// 1 for the first character of the line.
    public let column: Int
    /// In characters; 0 if something is missing.
    public let length: Int
    /// The fault, and the text to write instead.
    public let message: String

    public init(
        severity: Severity, line: Int, column: Int, length: Int, message: String
    ) {
        self.severity = severity
        self.line = line
        self.column = column
        self.length = length
        self.message = message
    }
}

extension CrontabDiagnostic: CustomStringConvertible {
    /// `3:7: error: there is no hour 25: write 0 to 23`, to stand after a file's name and a colon.
    public var description: String { "\(line):\(column): \(severity.rawValue): \(message)" }
}

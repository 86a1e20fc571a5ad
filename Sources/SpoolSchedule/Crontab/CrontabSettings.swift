/// The treatment of slots that passed while nothing ran.
public enum CatchUp: String, Hashable, Sendable, CaseIterable, Codable {
    /// They are lost.
    case none
    /// The newest runs, once, and is told how many there were.
    case last
    /// Each runs, oldest first, up to a bound.
    case all
}

/// The treatment of a slot while an earlier one is still queued, scheduled or running.
public enum Overlap: String, Hashable, Sendable, CaseIterable, Codable {
    /// Both run.
    case allow
    /// The later one is dropped.
    case skip
    /// One waits.
    case queue
    /// The earlier one is cancelled.
    case replace
}

/// The settings of a crontab, as they stand at one of its lines.
public struct CrontabSettings: Hashable, Sendable {
    /// `CRON_TZ`; nil for the zone that the options gave.
    public internal(set) var zone: Zone?
    /// `SHELL`, an absolute path; nil for the default.
    public internal(set) var shell: String?
    /// `MAILTO`; empty for nobody, nil if it isn't set.
    public internal(set) var mailTo: String?
    /// `MAILFROM`.
    public internal(set) var mailFrom: String?
    /// `RANDOM_DELAY`: the most by which a start is put off; the slot stays.
    public internal(set) var randomDelay = TimeSpan.zero
    /// `CATCH_UP`.
    public internal(set) var catchUp = CatchUp.last
    /// `OVERLAP`.
    public internal(set) var overlap = Overlap.skip
    /// `START_DEADLINE`: how late a slot may start; nil for no bound.
    public internal(set) var startDeadline: TimeSpan?
    /// `DAY_MATCH`.
    public internal(set) var dayMatch = DayMatch.cron
    /// `SECONDS=yes`: six fields.
    public internal(set) var seconds = false
    /// `QUEUE`; nil for the default.
    public internal(set) var queue: String?
    /// `TIMEOUT`: how long an attempt may take; nil for the default.
    public internal(set) var timeout: TimeSpan?
    /// `RETRIES`: further attempts after the first; nil for the default.
    public internal(set) var retries: Int?

    public init() {}

    /// Every name that is a setting; others go to the environment.
    static let names: Set<String> = [
        "CRON_TZ", "SHELL", "MAILTO", "MAILFROM", "RANDOM_DELAY", "CATCH_UP", "OVERLAP",
        "START_DEADLINE", "DAY_MATCH", "SECONDS", "QUEUE", "TIMEOUT", "RETRIES",
    ]

    /// Why a value is refused, and the text to write.
    struct Refusal: Error {
        let message: String
    }

    /// Sets one of `names`. An empty value takes back a value that was set above.
    ///
    /// - Parameters:
    ///   - name: one of `names`.
    ///   - value: without quotes.
    ///   - zones: the database that `CRON_TZ` is looked up in.
    /// - Throws: why the value is none for this setting.
    mutating func set(_ name: String, to value: String, zones: ZoneDatabase) throws(Refusal) {
        switch name {
        case "CRON_TZ": zone = value.isEmpty ? nil : try zone(value, zones)
        case "SHELL":
            guard value.isEmpty || value.hasPrefix("/") else {
                throw Refusal(message: "SHELL must be an absolute path, such as /bin/sh")
            }
            shell = value.isEmpty ? nil : value
        case "MAILTO": mailTo = value
        case "MAILFROM": mailFrom = value.isEmpty ? nil : value
        case "RANDOM_DELAY": randomDelay = try delay(value)
        case "CATCH_UP": catchUp = try choice(name, value) ?? .last
        case "OVERLAP": overlap = try choice(name, value) ?? .skip
        case "START_DEADLINE": startDeadline = try span(name, value)
        case "DAY_MATCH": dayMatch = try choice(name, value) ?? .cron
        case "SECONDS":
            guard ["yes", "no", ""].contains(value) else {
                throw Refusal(message: "SECONDS=\(value): write yes or no")
            }
            seconds = value == "yes"
        case "QUEUE":
            guard !value.contains(where: { $0 == "/" || $0.isWhitespace }) else {
                throw Refusal(message: "QUEUE=\(value): a queue's name has no slash and no blank")
            }
            queue = value.isEmpty ? nil : value
        case "TIMEOUT": timeout = try span(name, value)
        case "RETRIES": retries = try count(name, value)
        default: break
        }
    }
}

// MARK: - Values

extension CrontabSettings {
    private func zone(_ name: String, _ zones: ZoneDatabase) throws(Refusal) -> Zone {
        do {
            return try zones.zone(named: name)
        } catch {
            throw Refusal(message: error.message)
        }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ value: String
    ) throws(Refusal) -> Choice? where Choice.RawValue == String {
        if value.isEmpty { return nil }
        guard let choice = Choice(rawValue: value) else {
            let choices = Choice.allCases.map(\.rawValue)
            throw Refusal(message: "\(name)=\(value): write \(Words.list(choices, "or"))")
        }
        return choice
    }

    private func span(_ name: String, _ value: String) throws(Refusal) -> TimeSpan? {
        if value.isEmpty { return nil }
        guard let span = TimeSpan(value) else {
            throw Refusal(message: "\(name)=\(value) \(TimeSpan.fault(of: value))")
        }
        guard span > .zero else {
            throw Refusal(
                message: "\(name)=\(value) leaves no time at all: leave it empty for none")
        }
        return span
    }

    /// A bare number is refused: it would be minutes to cronie and seconds to everyone else.
    private func delay(_ value: String) throws(Refusal) -> TimeSpan {
        if value.isEmpty || value == "0" { return .zero }
        if value.allSatisfy({ $0.isASCII && $0.isNumber }) {
            throw Refusal(
                message: "RANDOM_DELAY=\(value) lacks its unit: write \(value)m for minutes (as"
                    + " cronie reads it) or \(value)s for seconds")
        }
        return try span("RANDOM_DELAY", value) ?? .zero
    }

    private func count(_ name: String, _ value: String) throws(Refusal) -> Int? {
        if value.isEmpty { return nil }
        guard let count = Token(value).number else {
            throw Refusal(message: "\(name)=\(value): write a whole number, 0 for none")
        }
        return count
    }
}

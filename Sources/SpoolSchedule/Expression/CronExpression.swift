/// When a recurring job is due, as written: five fields, a nickname, `@every` or `@at`.
///
/// The fields are minute, hour, day of month, month and weekday, in the manner of crontab(5). If the options say so,
/// there are six, with the second first. An expression has no time zone: `Schedule` puts it into one.
///
///     let expression = try CronExpression("30 2 * * mon-fri")
///     let schedule = Schedule(expression, in: try ZoneDatabase().zone(named: "Europe/Paris"))
///     schedule.next(after: now)
public struct CronExpression: Hashable, Sendable {
    /// The sort of an expression.
    public enum Kind: Hashable, Sendable {
        /// Fields, or a nickname that stands for fields.
        case calendar
        /// `@every 90s`: counted from when the entry was first seen.
        case every(TimeSpan)
        /// `@at 2026-12-24T18:00`: once.
        case once
        /// `@reboot`: once after each boot, which no clock tells.
        case reboot
    }

    /// The facts that the text alone doesn't give.
    public struct Options: Hashable, Sendable {
        /// Six fields, the second first. Never guessed from their number.
        public var seconds: Bool
        public var dayMatch: DayMatch
        /// Which entry this is: with `machine` it decides what `~` picks, so it must not change with
        /// the entry's place in the file.
        public var identity: String
        /// Which machine this is, such as the contents of /etc/machine-id.
        public var machine: String

        public init(
            seconds: Bool = false, dayMatch: DayMatch = .cron, identity: String = "",
            machine: String = ""
        ) {
            self.seconds = seconds
            self.dayMatch = dayMatch
            self.identity = identity
            self.machine = machine
        }
    }

    enum Content: Hashable, Sendable {
        case calendar(CronFields, CalendarPattern)
        case every(TimeSpan)
        case once(OnceTime)
        case reboot
    }

    /// Entries alike share it.
    private final class Storage: Sendable {
        let text: String
        let dayMatch: DayMatch
        let position: Range<Int>
        let content: Content

        init(_ text: String, _ dayMatch: DayMatch, _ position: Range<Int>, _ content: Content) {
            self.text = text
            self.dayMatch = dayMatch
            self.position = position
            self.content = content
        }
    }

    private let storage: Storage

    /// As written, without the blanks around it.
    public var text: String { storage.text }
    public var dayMatch: DayMatch { storage.dayMatch }
    /// The place of the expression in the text that was given, in characters.
    var position: Range<Int> { storage.position }
    var content: Content { storage.content }

    /// - Parameters:
    ///   - text: the expression and nothing after it; blanks and tabs around it and between fields.
    ///   - options: the facts that the text alone doesn't give.
    /// - Throws: the place of the fault, and the text to write instead. Also for a schedule that can never fire, such
    ///   as 30 February.
    public init(_ text: some StringProtocol, options: Options = Options()) throws(ExpressionError) {
        let bytes = Array(text.utf8)
        do {
            try self.init(bytes[...], options, ExpressionCache())
        } catch {
            let own = error.inCharacters(of: bytes)
            guard let foreign = ForeignSchedule(text), foreign.rest.isEmpty else { throw own }
            throw ExpressionError(own.code, 0..<text.count, foreign.advice())
        }
    }

    /// - Parameter text: a slice of anything.
    /// - Throws: with places in bytes from the slice's beginning.
    init(
        _ text: ArraySlice<UInt8>, _ options: Options, _ cache: ExpressionCache
    ) throws(ExpressionError) {
        let bytes = text.startIndex == 0 ? text : Array(text)[...]
        let words = Token.tokens(of: bytes)
        let begin = words.first?.position.lowerBound ?? 0
        let end = words.last?.position.upperBound ?? begin
        let parser = ExpressionParser(options: options, length: bytes.count, cache: cache)
        storage = Storage(
            Token(bytes[begin..<end]).text, options.dayMatch, begin..<end, try parser.parse(words))
    }

    public var kind: Kind {
        switch content {
        case .calendar: .calendar
        case .every(let period): .every(period)
        case .once: .once
        case .reboot: .reboot
        }
    }

    /// Whether the minute or the hour field begins with `*`. Such an entry has no slots in the hour the clock skips,
    /// and runs in both passes of the hour it repeats. Any other runs once for each.
    public var isWildcard: Bool {
        guard case .calendar(_, let pattern) = content else { return false }
        return pattern.isWildcard
    }

    public static func == (left: CronExpression, right: CronExpression) -> Bool {
        left.storage === right.storage || left.content == right.content
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(content)
    }
}

/// The time after `@at`.
enum OnceTime: Hashable, Sendable {
    /// By the clock of the schedule's zone.
    case local(LocalTime)
    /// Written with an offset, so that no zone matters.
    case instant(Instant)
}

extension CronExpression: CustomStringConvertible {
    public var description: String { text }
}

extension ZoneRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`. If the days of the changes are missing, those of the United States hold, as
    /// the C library has it.
    ///
    /// - Returns: nil if it isn't that.
    init?(_ text: some StringProtocol) {
        var reader = RuleReader(text)
        guard reader.name(), let west = reader.duration(hours: 24) else { return nil }
        standardOffset = -west
        if reader.isAtEnd {
            daylight = nil
            return
        }
        guard reader.name() else { return nil }
        var offset = standardOffset + 3600
        if let next = reader.peek, next != UInt8(ascii: ",") {
            guard let west = reader.duration(hours: 24) else { return nil }
            offset = -west
        }
        if reader.isAtEnd {
            daylight = Daylight(
                offset: offset,
                begin: Change(day: .weekday(month: 3, week: 2, weekday: 0), time: 7200),
                end: Change(day: .weekday(month: 11, week: 1, weekday: 0), time: 7200))
            return
        }
        guard let begin = reader.change(), let end = reader.change(), reader.isAtEnd else {
            return nil
        }
        daylight = Daylight(offset: offset, begin: begin, end: end)
    }
}

/// Reads the parts of a rule from the left.
private struct RuleReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: some StringProtocol) {
        rest = Array(text.utf8)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }
    var peek: UInt8? { rest.first }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// An abbreviation: three letters or more, or anything between `<` and `>`.
    mutating func name() -> Bool {
        if take("<") {
            guard let close = rest.firstIndex(of: UInt8(ascii: ">")), close > rest.startIndex else {
                return false
            }
            rest = rest[(close + 1)...]
            return true
        }
        let letters = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let figures = rest.prefix { (48...57).contains($0) }
        guard (1...3).contains(figures.count) else { return nil }
        let value = figures.reduce(0) { $0 * 10 + Int($1 - 48) }
        rest = rest.dropFirst(figures.count)
        return range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func duration(hours limit: Int) -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hours = number(0...limit) else { return nil }
        var seconds = hours * 3600
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let rest = number(0...59) else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// `,day[/time]`; the time is 02:00 when it isn't given.
    mutating func change() -> ZoneRule.Change? {
        guard take(","), let day = day() else { return nil }
        guard take("/") else { return ZoneRule.Change(day: day, time: 7200) }
        guard let time = duration(hours: 167) else { return nil }
        return ZoneRule.Change(day: day, time: time)
    }

    private mutating func day() -> ZoneRule.Day? {
        if take("J") { return number(1...365).map { .ordinal($0) } }
        guard take("M") else { return number(0...365).map { .zeroBased($0) } }
        guard let month = number(1...12), take("."), let week = number(1...5), take("."),
            let weekday = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}

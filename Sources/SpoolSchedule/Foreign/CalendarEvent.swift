/// The value of an `OnCalendar=`, systemd.time(7), as an expression.
package struct CalendarEvent {
    /// Why it can't be one.
    package struct Inexpressible: Error {
        package let reason: String
    }

    package let expression: String
    /// Whether the expression has six fields.
    package let hasSeconds: Bool
    /// Whether weekday and day of month are both given: if so, both must match.
    package let needsBoth: Bool
    /// nil: the machine's.
    package let zone: String?

    private static let shorthands = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "monthly": "*-*-01 00:00:00", "weekly": "Mon *-*-* 00:00:00",
        "yearly": "*-01-01 00:00:00", "annually": "*-01-01 00:00:00",
        "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00",
    ]

    /// Whether it is one word that stands for an event, such as `daily`.
    static func isShorthand(_ word: String) -> Bool { shorthands[word.lowercased()] != nil }

    package init(_ text: String) throws(Inexpressible) {
        let full = CalendarEvent.shorthands[text.lowercased()] ?? text
        var words = full.split { $0 == " " || $0 == "\t" }.map(String.init)
        var zone: String?
        if words.count > 1, let last = words.last, last.first?.isLetter ?? false {
            zone = last
            words.removeLast()
        }
        var weekdays = "*"
        if let first = words.first, first.first?.isLetter ?? false {
            weekdays = try CalendarEvent.weekdays(first)
            words.removeFirst()
        }
        var date = "*-*-*"
        if let first = words.first, !first.contains(":") {
            date = first
            words.removeFirst()
        }
        let time = words.isEmpty ? "00:00:00" : words.removeFirst()
        guard words.isEmpty else { throw Inexpressible(reason: "`\(text)` has too many parts") }
        self.zone = zone
        let (year, month, day) = try CalendarEvent.date(date)
        let clock = try CalendarEvent.time(time)
        if let year {
            expression = try CalendarEvent.once(year, month, day, clock, weekdays)
            hasSeconds = false
            needsBoth = false
            return
        }
        hasSeconds = clock.second != "0"
        needsBoth = weekdays != "*" && day != "*"
        let five = "\(clock.minute) \(clock.hour) \(day) \(month) \(weekdays)"
        expression = hasSeconds ? "\(clock.second) \(five)" : five
    }

    // MARK: Parts

    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func weekdays(_ text: String) throws(Inexpressible) -> String {
        var items: [String] = []
        for item in text.split(separator: ",") {
            // The names may be written out; a hyphen is an older way to write the range.
            let ends = item.replacing("..", with: "-").split(separator: "-").map {
                String($0.lowercased().prefix(3))
            }
            let numbers = ends.compactMap { dayNames.firstIndex(of: $0) }
            guard (1...2).contains(ends.count), numbers.count == ends.count else {
                throw Inexpressible(reason: "`\(item)` is no weekday")
            }
            // Its week begins on Monday, and no range goes round its end.
            let days = numbers.map { $0 == 0 ? 7 : $0 }
            guard days[0] <= days[days.count - 1] else {
                throw Inexpressible(reason: "`\(item)` runs backwards")
            }
            items.append(days.map(String.init).joined(separator: "-"))
        }
        return items.joined(separator: ",")
    }

    /// - Returns: the year, nil for any; the fields month and day of month.
    private static func date(
        _ text: String
    ) throws(Inexpressible) -> (year: String?, month: String, day: String) {
        let isFromEnd = text.contains("~")
        var parts = text.replacing("~", with: "-").split(separator: "-").map(String.init)
        if parts.count == 2 { parts.insert("*", at: 0) }
        guard parts.count == 3 else { throw Inexpressible(reason: "`\(text)` is no date") }
        let month = try component(parts[1], 1...12)
        guard !isFromEnd else {
            guard Int(parts[2]) == 1 else {
                throw Inexpressible(
                    reason:
                        "`\(text)` counts from the end of the month; only the last day, `L`, can"
                        + " be said here")
            }
            return (try year(parts[0]), month, "L")
        }
        return (try year(parts[0]), month, try component(parts[2], 1...31))
    }

    private static func year(_ text: String) throws(Inexpressible) -> String? {
        if text == "*" { return nil }
        guard let year = Int(text), year > 99 else {
            throw Inexpressible(reason: "years (`\(text)`) can't be said but in one whole date")
        }
        return text
    }

    private static func time(
        _ text: String
    ) throws(Inexpressible) -> (hour: String, minute: String, second: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count) else {
            throw Inexpressible(reason: "`\(text)` is no time of day")
        }
        let second = parts.count == 3 ? parts[2] : "0"
        return (
            try component(parts[0], 0...23), try component(parts[1], 0...59),
            try component(second, 0...59)
        )
    }

    /// A list of numbers, ranges `a..b`, and repetitions `a/n`.
    private static func component(
        _ text: String, _ range: ClosedRange<Int>
    ) throws(Inexpressible) -> String {
        if text == "*" { return "*" }
        if text.contains(".") && !text.contains("..") {
            throw Inexpressible(reason: "`\(text)`: slots are whole seconds")
        }
        var items: [String] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            let ends = parts[0].replacing("..", with: "-").split(separator: "-")
                .compactMap { Int($0) }
            let step = parts.count == 2 ? Int(parts[1]) : nil
            guard (1...2).contains(ends.count), parts.count == 1 || step != nil,
                ends.allSatisfy(range.contains)
            else { throw Inexpressible(reason: "`\(item)` can't be said") }
            let high = ends.count == 2 ? ends[1] : step == nil ? ends[0] : range.upperBound
            var word = high == ends[0] ? "\(ends[0])" : "\(ends[0])-\(high)"
            if let step, high != ends[0] { word += "/\(step)" }
            items.append(word)
        }
        return items.joined(separator: ",")
    }

    /// One date and time is `@at`.
    private static func once(
        _ year: String, _ month: String, _ day: String,
        _ clock: (hour: String, minute: String, second: String), _ weekdays: String
    ) throws(Inexpressible) -> String {
        func two(_ text: String) -> String { text.count < 2 ? "0" + text : text }
        let parts = [month, day, clock.hour, clock.minute, clock.second]
        guard weekdays == "*", parts.allSatisfy({ Int($0) != nil }) else {
            throw Inexpressible(reason: "years (`\(year)`) can't be said but in one whole date")
        }
        return "@at \(year)-\(two(month))-\(two(day))T\(two(clock.hour)):\(two(clock.minute))"
            + ":\(two(clock.second))"
    }
}

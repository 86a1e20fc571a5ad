/// Says in words when the fields match: what is read back to whoever wrote them.
struct Explanation {
    let fields: CronFields
    let match: DayMatch

    /// `at 02:30 on weekdays in July`.
    var sentence: String {
        let day = DayWords(fields: fields, match: match)
        let everyDay = day.isEveryDay && !isRepeating ? "every day" : ""
        return [time, everyDay, day.phrase].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Goes on round the clock, so that "every day" would say nothing.
    private var isRepeating: Bool { hours.count == 24 || time.hasPrefix("every \(hourStep) hours") }
    private var hourStep: Int { Words.evenStep(hours, of: 24) ?? 0 }

    private var minutes: [Int] { Words.values(fields.minute.bits) }
    private var hours: [Int] { Words.values(fields.hour.bits) }
    private var seconds: [Int] { Words.values(fields.second?.bits ?? 1) }
}

// MARK: - Time of day

extension Explanation {
    private var time: String {
        if seconds == [0] { return minuteAndHour }
        if minutes.count == 60, hours.count == 24 {
            return secondWords ?? "at \(Words.counted("second", seconds)) of every minute"
        }
        if minutes.count * hours.count * seconds.count <= 6 {
            let suffixes = self.seconds.map { ":\(digits($0, 2))" }
            let times = clockTimes.flatMap { time in suffixes.map { time + $0 } }
            return "at \(Words.list(times))"
        }
        let seconds = secondWords ?? "at \(Words.counted("second", seconds))"
        let minutes =
            self.minutes.count == 60 ? "every minute" : Words.counted("minute", self.minutes)
        let hours = self.hours.count == 24 ? "every hour" : Words.counted("hour", self.hours)
        return "\(seconds) of \(minutes) of \(hours)"
    }

    private var secondWords: String? {
        if seconds.count == 60 { return "every second" }
        return Words.evenStep(seconds, of: 60).map { "every \($0) seconds" }
    }

    private var minuteAndHour: String {
        if hours.count == 24 {
            if minutes.count == 60 { return "every minute" }
            if let step = Words.evenStep(minutes, of: 60) { return "every \(step) minutes" }
            if minutes == [0] { return "every hour" }
            return "at \(Words.counted("minute", minutes)) of every hour"
        }
        if minutes.count * hours.count <= 6 || minutes.count == 1 && hourStep == 0 {
            return "at \(Words.list(clockTimes))"
        }
        if minutes.count == 1 {
            let past = minutes == [0] ? "" : " at minute \(minutes[0])"
            return "every \(hourStep) hours\(past)"
        }
        return "\(minutesOfHour) \(hoursOfDay)"
    }

    private var clockTimes: [String] {
        hours.flatMap { hour in minutes.map { "\(digits(hour, 2)):\(digits($0, 2))" } }
    }

    private var minutesOfHour: String {
        if minutes.count == 60 { return "every minute" }
        if let step = Words.evenStep(minutes, of: 60) { return "every \(step) minutes" }
        return "at \(Words.counted("minute", minutes))"
    }

    /// `from 09:00 to 17:59`, or the hours one by one.
    private var hoursOfDay: String {
        guard let first = hours.first, let last = hours.last, let lastMinute = minutes.last else {
            return ""
        }
        if hours.count > 1, last - first == hours.count - 1 {
            let begin = "\(digits(first, 2)):\(digits(minutes[0], 2))"
            return "from \(begin) to \(digits(last, 2)):\(digits(lastMinute, 2))"
        }
        if hourStep > 0 { return "of every \(Words.ordinal(hourStep)) hour" }
        return "of \(Words.counted("hour", hours))"
    }
}

/// How lists and numbers are said.
enum Words {
    static func values(_ bits: UInt64) -> [Int] { (0..<64).filter(bits.has) }

    /// `1, 2 and 5`.
    static func list(_ items: [String], _ last: String = "and") -> String {
        guard items.count > 1, let end = items.last else { return items.first ?? "" }
        return "\(items.dropLast().joined(separator: ", ")) \(last) \(end)"
    }

    /// `minute 5`, `minutes 0, 20 and 40`, `minutes 0 to 29`.
    static func counted(_ noun: String, _ values: [Int]) -> String {
        let bits = values.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        return "\(noun)\(values.count == 1 ? "" : "s") \(runs(of: bits, in: 0...63) { String($0) })"
    }

    /// Values with runs of three or more said as `1 to 5`.
    static func runs(of bits: UInt64, in range: ClosedRange<Int>, name: (Int) -> String) -> String {
        var items: [String] = []
        var value = range.lowerBound
        while value <= range.upperBound {
            guard bits.has(value) else {
                value += 1
                continue
            }
            var end = value
            while end < range.upperBound, bits.has(end + 1) { end += 1 }
            if end - value >= 2 {
                items.append("\(name(value)) to \(name(end))")
            } else {
                items += (value...end).map(name)
            }
            value = end + 1
        }
        return list(items)
    }

    /// The step of values that begin at 0 and go evenly through the whole, round its end too.
    static func evenStep(_ values: [Int], of whole: Int) -> Int? {
        guard values.count > 1, values[0] == 0, whole % values.count == 0 else { return nil }
        let step = whole / values.count
        return step > 1 && values == Array(stride(from: 0, to: whole, by: step)) ? step : nil
    }

    /// `1st`, `22nd`, `13th`.
    static func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11...13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}

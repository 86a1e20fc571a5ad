/// Says in words when the fields match, to be read back to the author of the fields.
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
    private var isRepeating: Bool { hours.count == 24 || seconds == [0] && isEveryFewHours }
    /// `every 2 hours` rather than twelve times of day.
    private var isEveryFewHours: Bool { minutes.count == 1 && hours.count > 6 && hourStep > 0 }
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
        if isEveryFewHours {
            let past = minutes == [0] ? "" : " at minute \(minutes[0])"
            return "every \(hourStep) hours\(past)"
        }
        if minutes.count == 1 || minutes.count * hours.count <= 6 {
            return "at \(Words.list(clockTimes))"
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

import Spool
import SpoolSchedule

/// Points in time as people write them on a command line.
extension Invocation {
    /// A time of the future: a point in time, or a length of time from now.
    func time(_ option: String, now: Instant) throws(SpoolError) -> Instant? {
        guard let text = value(option) else { return nil }
        if let span = TimeSpan(text) { return now + span }
        return try instant(option, now: now)
    }

    /// A point in time: with its offset from UTC, or by the clock of this machine, for which `TZ` counts. Without a
    /// date it is the next time that this clock shows.
    func instant(_ option: String, now: Instant) throws(SpoolError) -> Instant? {
        guard let text = value(option) else { return nil }
        if let instant = Instant(rfc3339: text) { return instant }
        if let found = try localTimes(text, now: now) {
            return found.first { $0 > now } ?? found.last
        }
        if TimeSpan(text) != nil {
            throw .usage("--\(option) \(text) is a length of time: '--delay \(text)' waits so long")
        }
        throw .usage(
            "--\(option) \(text): a time such as 2026-11-21T07:30:00Z, \"2026-11-21 07:30\" or 07:30 is"
                + " wanted")
    }

    /// - Returns: more than one if the date is left out; nil if the text is no time by a clock on the wall.
    private func localTimes(
        _ text: String, now: Instant
    ) throws(SpoolError) -> [Instant]? {
        let full = LocalTime(text)
        guard full != nil || LocalTime("2000-01-01T" + text) != nil else { return nil }
        let zone = try CrontabRules.ofThisMachine().zone
        if let full { return [try instant(full, in: zone)] }
        // A day may have 25 hours.
        let days = [0, 24, 26].map { zone.localTime(at: now + .seconds($0 * 3600)).date }
        var found: [Instant] = []
        for day in days {
            guard let time = LocalTime("\(day)T" + text) else { return nil }
            found.append(try instant(time, in: zone))
        }
        return found
    }

    private func instant(_ time: LocalTime, in zone: Zone) throws(SpoolError) -> Instant {
        switch zone.occurrence(of: time) {
        case .once(let instant): return instant
        case .twice(let first, let second):
            throw .usage(
                "the clock of \(zone.name) shows \(time) twice: write \(ZonedTime(first, in: zone)) or"
                    + " \(ZonedTime(second, in: zone))")
        case .skipped(let next):
            throw .usage(
                "the clock of \(zone.name) never shows \(time): it goes on at \(ZonedTime(next, in: zone))"
            )
        }
    }
}

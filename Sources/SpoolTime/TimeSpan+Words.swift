extension TimeSpan {
    /// Reads `1h 30min`, `5 minutes`, as systemd.time(7) and people write lengths of time; a bare number is
    /// seconds.
    ///
    /// - Returns: nil for a text that isn't one, and for months and years, which have no fixed length.
    package init?(inWords text: some StringProtocol) {
        if let plain = TimeSpan(text) {
            self = plain
            return
        }
        var total = TimeSpan.zero
        var rest = String(text).filter { $0 != " " && $0 != "\t" }[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let known = TimeSpan.spelledUnits[String(unit)],
                let part = TimeSpan("\(number)\(known)"),
                total.microseconds + part.microseconds <= TimeSpan.longest.microseconds
            else { return nil }
            total.microseconds += part.microseconds
        }
        self = total
    }

    private static let spelledUnits = [
        "usec": "us", "us": "us", "msec": "ms", "ms": "ms", "seconds": "s", "second": "s",
        "secs": "s", "sec": "s", "s": "s", "minutes": "m", "minute": "m", "mins": "m", "min": "m",
        "m": "m", "hours": "h", "hour": "h", "hrs": "h", "hr": "h", "h": "h", "days": "d",
        "day": "d", "d": "d", "weeks": "w", "week": "w", "w": "w",
    ]
}

import Glibc

/// Times in UTC as text.
enum CivilTime {
    static func text(_ seconds: Int, _ format: String = "%Y-%m-%dT%H:%M:%SZ") -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, format, &parts)
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whole seconds since 1970 of `2026-11-21T16:28:39.000Z` or `20261121T162839.000Z`, with whatever
    /// follows the seconds.
    static func seconds(_ text: String) -> Int? {
        let digits = text.prefix { $0 != "." }.compactMap { $0.isASCII ? $0.wholeNumberValue : nil }
        guard digits.count == 14 else { return nil }
        func number(_ range: Range<Int>) -> Int32 {
            digits[range].reduce(0) { $0 * 10 + Int32($1) }
        }
        var parts = tm()
        parts.tm_year = number(0..<4) - 1900
        parts.tm_mon = number(4..<6) - 1
        parts.tm_mday = number(6..<8)
        parts.tm_hour = number(8..<10)
        parts.tm_min = number(10..<12)
        parts.tm_sec = number(12..<14)
        return timegm(&parts)
    }
}

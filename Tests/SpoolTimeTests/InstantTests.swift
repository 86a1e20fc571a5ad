import SpoolTime
import SpoolTestSupport
import Testing

@Suite struct InstantTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T23:59:59Z", -1_000_000),
            ("2026-11-21t07:30:00.25z", 1_795_246_200_250_000),
            ("2026-11-21 07:30:00Z", 1_795_246_200_000_000),
            ("2026-11-21T07:30:00.1234567891Z", 1_795_246_200_123_456),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)])
    func rfc3339(_ text: String, _ microseconds: Int64) {
        #expect(Instant(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T07:30:00", "2026-11-21T07:30Z", "2026-11-21T25:30:00Z",
        "2026-02-29T07:30:00Z", "2026-11-21T07:30:00.Z", "2026-11-21T07:30:00+0100",
        "2026-11-21T07:30:00Zx", "2026-11-21T07:30:00+24:00", "２026-11-21T07:30:00Z",
    ])
    func readsNothingElse(_ text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func writesAndReads() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<3000 {
            let milliseconds = Int64.random(
                in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let instant = Instant(milliseconds: milliseconds)
            #expect(Instant(rfc3339: instant.rfc3339) == instant)
            #expect(Instant(compact: instant.compact) == instant)
        }
    }

    @Test func arithmeticStopsAtTheEnds() {
        let end = Instant(microseconds: .max)
        #expect(end + .seconds(1) == end)
        #expect(Instant(microseconds: .min) - end == TimeSpan(microseconds: .min))
        #expect(end - .seconds(-1) == end)
        #expect(Instant(microseconds: .min) - TimeSpan.seconds(1) == Instant(microseconds: .min))
        #expect(end - TimeSpan(microseconds: .min) == end)
        #expect(Instant(seconds: .max) == end && Instant(milliseconds: .max) == end)
        #expect(Instant(seconds: .min) == Instant(microseconds: .min))
        #expect(end.nanoseconds == .max)
        #expect(Instant(microseconds: -1).seconds == -1)
        #expect(Instant(microseconds: -1).milliseconds == -1)
    }
}

@Suite struct TimeSpanTests {
    @Test func arithmeticStopsAtTheEnds() {
        #expect(TimeSpan.seconds(.max).microseconds == .max)
        #expect(TimeSpan.milliseconds(.min).microseconds == .min)
        #expect(TimeSpan.longest.nanoseconds == 100 * 365 * 86_400 * 1_000_000_000)
        // A reading of the clock can be added.
        #expect(TimeSpan.seconds(.max).nanoseconds + (.max / 2) > .max / 2)
        #expect(TimeSpan.seconds(.min).nanoseconds < -TimeSpan.longest.nanoseconds)
    }

    @Test(arguments: [
        (Int.max, 1, Int.max, Int.max - 1, Int.max), (Int.min, -1, Int.min, Int.min + 1, Int.max),
        (Int.min, 2, Int.min + 2, Int.min, Int.min), (7, -2, 5, 9, -14),
    ])
    func clampedArithmetic(left: Int, right: Int, sum: Int, difference: Int, product: Int) {
        #expect(left.clampedSum(right) == sum)
        #expect(left.clampedDifference(right) == difference)
        #expect(left.clampedProduct(right) == product)
    }

    @Test(
        arguments: [
            ("90s", 90_000_000), ("10m", 600_000_000), ("2h30m", 9_000_000_000),
            ("1.5s", 1_500_000),
            ("90", 90_000_000), ("0", 0), ("500ms", 500_000), ("1w", 604_800_000_000), ("7us", 7),
            ("1d12h", 129_600_000_000),
        ] as [(String, Int64)])
    func reads(_ text: String, _ microseconds: Int64) {
        #expect(TimeSpan(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "s", "-5s", "+5s", "5 s", "5x", "5m2h", "5s5s", "1e3", "1.s", ".5s", "1..5s", "36501d",
        "∞", "５s", "0x10s", "1h ", "nan", "inf",
    ])
    func readsNothingElse(_ text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test func writesAndReads() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<3000 {
            let span = TimeSpan(
                microseconds: Int64.random(in: 0...9_000_000_000_000, using: &generator))
            #expect(TimeSpan(span.description) == span)
        }
    }
}

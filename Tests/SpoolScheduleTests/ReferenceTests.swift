import SpoolSchedule
import SpoolTestSupport
import Testing

/// `Schedule` against the watcher of the wall clock, on random expressions around changes of the clock.
@Suite struct ReferenceTests {
    /// Zones with something odd about them, and some without.
    static let zones = [
        "UTC", "America/New_York", "Europe/Paris", "Europe/London", "Europe/Dublin",
        "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Africa/Cairo",
        "Asia/Gaza", "America/Nuuk", "America/Scoresbysund", "Asia/Kathmandu", "Asia/Pyongyang",
        "Europe/Volgograd", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kwajalein",
        "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "Antarctica/Troll",
        "Asia/Tehran", "Asia/Kolkata", "Africa/Monrovia", "America/Caracas", "Europe/Moscow",
        "Asia/Manila", "America/Juneau", "Africa/Juba", "Pacific/Guam", "Europe/Lisbon",
    ]

    /// 27 times 24 expressions in each of 32 zones: 20,736.
    @Test(arguments: zones)
    func aroundChangesOfTheClock(_ name: String) throws {
        let zone = try zone(name)
        var generator = SeededGenerator(seed: name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
        for _ in 0..<27 {
            let middle = try change(of: zone, using: &generator)
            let begin = middle - Int.random(in: 20_000...200_000, using: &generator)
            let timeline = Timeline(zone, begin..<begin + 3 * 86_400, unit: 60)
            for _ in 0..<24 {
                let random = RandomExpression(using: &generator)
                try compare(random, zone, timeline, near: middle, using: &generator)
            }
        }
    }

    @Test(arguments: zones.prefix(16))
    func withSeconds(_ name: String) throws {
        let zone = try zone(name)
        var generator = SeededGenerator(seed: 7)
        let middle = try change(of: zone, using: &generator)
        let timeline = Timeline(zone, middle - 3600..<middle + 5400, unit: 1)
        for _ in 0..<12 {
            let random = RandomExpression(using: &generator, hasSeconds: true)
            try compare(random, zone, timeline, near: middle, using: &generator)
        }
    }

    /// The clock is put back, and far ahead as the next match is, a nearer one comes in the second
    /// pass. And the other way about, looking back.
    @Test func aSecondPassBeforeAFarMatch() throws {
        let zone = try zone("America/New_York")
        let schedule = Schedule(try CronExpression("*/10 1 1 11 *"), in: zone)
        let first = try instant("2026-11-01T01:50:00-04:00")
        let second = try instant("2026-11-01T01:00:00-05:00")
        #expect(schedule.next(after: first) == second)
        #expect(schedule.latest(atOrBefore: Instant(seconds: second.seconds - 1)) == first)
        let late = Schedule(try CronExpression("50-59/9 * 1 11 *"), in: zone)
        #expect(
            late.latest(atOrBefore: try instant("2026-11-01T01:49:00-05:00"))
                == (try instant("2026-11-01T01:59:00-04:00")))
        let fixed = Schedule(try CronExpression("0,30 1 1 11 *"), in: zone)
        #expect(fixed.next(after: first) == (try instant("2027-11-01T01:00:00-04:00")))
    }

    /// A random instant, for choice a change of the clock after it, from 1890 to 2190.
    private func change(of zone: Zone, using generator: inout SeededGenerator) throws -> Int {
        let start = Int.random(in: -2_524_000_000...6_940_000_000, using: &generator)
        func offset(_ seconds: Int) -> Int { zone.offset(at: Instant(seconds: Int64(seconds))) }
        for day in 0..<4000 {
            let before = start + day * 86_400
            guard offset(before) != offset(before + 86_400) else { continue }
            var (low, high) = (before, before + 86_400)
            while high - low > 1 {
                let middle = (low + high) / 2
                if offset(middle) == offset(before) { low = middle } else { high = middle }
            }
            return high
        }
        return start
    }

    private func compare(
        _ random: RandomExpression, _ zone: Zone, _ timeline: Timeline, near middle: Int,
        using generator: inout SeededGenerator
    ) throws {
        let options = CronExpression.Options(seconds: random.hasSeconds)
        let expression: CronExpression
        do {
            expression = try CronExpression(random.text, options: options)
        } catch {
            // The only fault these can have. `DayTests` checks that it is one.
            #expect(error.code == .neverFires, "\(random.text): \(error)")
            return
        }
        let schedule = Schedule(expression, in: zone)
        let expected = timeline.slots(of: random)
        let range = timeline.range
        let note = "\(random.text) in \(zone.name) from \(moment(range.lowerBound))"

        // The whole list forward, in one chain from just before the range.
        let before = moment(range.lowerBound - 1)
        let end = moment(range.upperBound - 1)
        let found = schedule.slots(after: before, through: end, limit: 100_000)
        #expect(found == expected.map(moment), "\(note)")
        #expect(schedule.count(after: before, through: end) == expected.count, "\(note)")

        let back = schedule.newestSlots(after: before, through: end, limit: 100_000)
        #expect(back == expected.map(moment), "\(note)")

        for turn in 0..<6 {
            let vicinity = (middle - 7200..<middle + 7200).clamped(to: range)
            let at = Int.random(in: turn < 3 ? range : vicinity, using: &generator)
            let next = expected.first { $0 > at }
            let latest = expected.last { $0 <= at }
            if let next {
                #expect(schedule.next(after: moment(at)) == moment(next), "\(note) after \(at)")
            } else if let slot = schedule.next(after: moment(at)) {
                #expect(slot > end, "\(note) after \(at)")
            }
            if let latest {
                #expect(
                    schedule.latest(atOrBefore: moment(at)) == moment(latest), "\(note) by \(at)")
            } else if let slot = schedule.latest(atOrBefore: moment(at)) {
                #expect(slot <= before, "\(note) by \(at)")
            }
            #expect(
                schedule.count(after: moment(at), through: end)
                    == expected.count { $0 > at }, "\(note) after \(at)")
        }
    }

    private func moment(_ seconds: Int) -> Instant { Instant(seconds: Int64(seconds)) }
}

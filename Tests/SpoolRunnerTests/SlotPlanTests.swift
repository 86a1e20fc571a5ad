import SpoolSchedule
import Testing

@testable import SpoolRunner

@Suite struct SlotPlanTests {
    private static let noon = Instant(seconds: 1_795_262_400)

    private func entry(_ settings: String) throws -> CrontabLine {
        let text = settings + "\n*/10 * * * * true\n"
        let crontab = CrontabFile.parse(text, options: CrontabFile.Options(zone: .utc))
        return try #require(crontab.entries.first)
    }

    private func plan(
        _ settings: String, after mark: Int64, at minutes: Int64, seconds: Int64 = 0,
        delay: TimeSpan = .zero, _ lateness: SlotPlan.Lateness = .resumed, resumed: Int64 = 0
    ) throws -> SlotPlan? {
        let entry = try entry(settings)
        let now = Self.noon + .seconds(minutes * 60 + seconds)
        return SlotPlan.next(
            entry.schedule(firstSeen: Self.noon), after: Self.noon + .seconds(mark * 60), at: now,
            entry.settings, delay: delay, lateness, since: now,
            resumedAt: Self.noon + .seconds(resumed * 60))
    }

    private func slot(_ minutes: Int64) -> Instant { Self.noon + .seconds(minutes * 60) }

    @Test func nothingBeforeItsTime() throws {
        #expect(try plan("", after: 0, at: 9, seconds: 59) == nil)
    }

    @Test(arguments: ["none", "last", "all"])
    func onTimeRuns(_ catchUp: String) throws {
        let expected = SlotPlan(slot: slot(10), runs: true, missed: 0)
        #expect(try plan("CATCH_UP=\(catchUp)", after: 0, at: 10, seconds: 1) == expected)
        #expect(try plan("CATCH_UP=\(catchUp)", after: 0, at: 10, seconds: 9, .busy) == expected)
    }

    @Test func theNewestStandsForAll() throws {
        #expect(
            try plan("", after: 0, at: 45) == SlotPlan(slot: slot(40), runs: true, missed: 3))
    }

    @Test func noneAreLost() throws {
        #expect(
            try plan("CATCH_UP=none", after: 0, at: 45)
                == SlotPlan(slot: slot(40), runs: false, missed: 4))
    }

    @Test func allComeOldestFirst() throws {
        #expect(
            try plan("CATCH_UP=all", after: 10, at: 45)
                == SlotPlan(slot: slot(20), runs: true, missed: 0, isBacklog: true))
    }

    /// Those that came while nobody looked; one that came after that, and on time, isn't caught up.
    @Test(arguments: [(10, true), (9, false)])
    func allThatCameUnseenAreCaughtUp(_ resumed: Int64, _ isBacklog: Bool) throws {
        let expected = SlotPlan(slot: slot(10), runs: true, missed: 0, isBacklog: isBacklog)
        for lateness in [SlotPlan.Lateness.resumed, .busy] {
            #expect(
                try plan("CATCH_UP=all", after: 0, at: 10, seconds: 1, lateness, resumed: resumed)
                    == expected)
        }
        let once = SlotPlan(slot: slot(10), runs: true, missed: 0)
        #expect(try plan("CATCH_UP=last", after: 0, at: 10, resumed: 10) == once)
        #expect(
            try plan("CATCH_UP=all\nOVERLAP=replace", after: 0, at: 10, resumed: 10) == once)
    }

    @Test func allAreBounded() throws {
        // 144 slots a day: of three days, the newest hundred.
        let plan = try #require(try plan("CATCH_UP=all", after: 0, at: 3 * 1440))
        #expect(plan.slot == slot(3 * 1440 - 99 * 10))
        #expect(plan.missed == 3 * 144 - 100)
    }

    @Test func deadlineBoundsLateness() throws {
        let late = SlotPlan(slot: slot(40), runs: false, missed: 4)
        #expect(try plan("START_DEADLINE=4m", after: 0, at: 45) == late)
        #expect(try plan("START_DEADLINE=5m", after: 0, at: 45)?.runs == true)
        // The random delay isn't lateness.
        #expect(
            try plan("START_DEADLINE=4m", after: 0, at: 45, delay: .seconds(60))?.runs == true)
        #expect(
            try plan("CATCH_UP=all\nSTART_DEADLINE=16m", after: 0, at: 45)
                == SlotPlan(slot: slot(30), runs: true, missed: 2, isBacklog: true))
        #expect(
            try plan("START_DEADLINE=1s", after: 0, at: 10, seconds: 2)
                == SlotPlan(slot: slot(10), runs: false, missed: 1))
    }

    @Test func replacingCatchesUpOnTheNewestOnly() throws {
        #expect(
            try plan("CATCH_UP=all\nOVERLAP=replace", after: 0, at: 45)
                == SlotPlan(slot: slot(40), runs: true, missed: 3))
    }
}

@Suite struct DueQueueTests {
    @Test func givesTheSoonestFirst() {
        let dues = (0..<500).map { ($0 * 7919) % 500 }
        var queue = DueQueue(
            dues.prefix(250).enumerated().map { index, due in
                (Instant(seconds: Int64(due)), index)
            })
        for index in 250..<500 { queue.insert(index, due: Instant(seconds: Int64(dues[index]))) }
        #expect(queue.first == Instant(seconds: 0))
        var order: [Int] = []
        while let entry = queue.pop(by: Instant(seconds: 399)) { order.append(dues[entry]) }
        #expect(order == Array(0..<400))
        #expect(queue.first == Instant(seconds: 400))
    }
}

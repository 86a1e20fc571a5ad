import Glibc
import Spool
import SpoolRunner
import SpoolTestSupport
import Testing

/// A simulated clock drives the engine through years with crashes between any two steps, schedulers that
/// overtake each other as if locks lied, reloads, broken edits, downtime, suspends and clocks that are set;
/// then the books must balance against slots worked out minute by minute.
@Suite struct SchedulerSimulationTests {
    /// A month; with SPOOL_SIMULATED_YEARS=10 in the environment, ten years for each seed.
    private static var days: Int {
        let years = getenv("SPOOL_SIMULATED_YEARS").flatMap { Int(String(cString: $0)) }
        return years.map { $0 * 365 } ?? 30
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func booksBalance(seed: UInt64) throws {
        let world = try SimulatedWorld(seed: seed)
        try world.run(days: Self.days)
        #expect(try world.faults() == [])
        // The run must have been through what it is about.
        let story =
            "\(world.kills) kills, \(world.overtakings) overtakings, \(world.backwardSteps) clocks"
            + " put back, \(world.brokenEdits) broken edits"
        print("\(Self.days) days from seed \(seed): \(story)")
        #expect(world.kills > Self.days, "\(story)")
        #expect(world.overtakings > Self.days / 5, "\(story)")
        #expect(world.backwardSteps > Self.days / 60, "\(story)")
        #expect(world.brokenEdits > Self.days / 60, "\(story)")
    }

    /// The books can show that something is wrong: when an overtaken scheduler doesn't heed the seat, and when
    /// it doesn't find its successor's markers.
    @Test(arguments: SimulatedWorld.Lie.allCases)
    func booksShowWhatIsWrong(lie: SimulatedWorld.Lie) throws {
        let world = try SimulatedWorld(seed: 1, lie: lie)
        try world.run(days: 30)
        #expect(try world.faults().contains { $0.contains("more than once") })
    }
}

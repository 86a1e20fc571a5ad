import Glibc
import Spool
import SpoolRunner
import SpoolSchedule
import SpoolTestSupport
import Testing

/// A simulated clock drives the engine through years with crashes between any two steps, schedulers that
/// overtake each other as if locks lied, reloads, broken edits, downtime, suspends and clocks that are set;
/// then the books must balance against slots worked out minute by minute.
@Suite struct SchedulerSimulationTests {
    /// A year by default; ten with SPOOL_SIMULATED_YEARS=10.
    private static var days: Int {
        let years = getenv("SPOOL_SIMULATED_YEARS").flatMap { Int(String(cString: $0)) }
        return (years ?? 1) * 365
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func booksBalance(seed: UInt64) throws {
        let world = try SimulatedWorld(seed: seed)
        try world.run(days: Self.days / 3 + 1)
        try world.checkBooks()
        // The run must have been through what it is about.
        #expect(world.kills > 100)
        #expect(world.overtakings > 20)
        #expect(world.backwardSteps > 5)
        #expect(world.brokenEdits > 5)
    }
}

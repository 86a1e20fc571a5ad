import Glibc
import SpoolTestSupport

/// What recurs is brought to its end: first nothing disturbs the schedulers for a while, so that each slot
/// must come; then the crontabs are taken away, and what is decided must be done.
struct QuietPhase {
    /// How long nothing disturbs them, in seconds, once what was before is over.
    private static let length = 8.0

    private let chaos: Chaos
    private var slots: SlotBook { chaos.ledger.slots }

    init(_ chaos: Chaos) {
        self.chaos = chaos
    }

    /// Half of the runs go on with the schedulers that have been through everything, the other half with a new
    /// one.
    func settle() throws {
        chaos.host.note("calm")
        chaos.rightClocks()
        if chaos.chance(50) {
            for pid in chaos.pool.pids(.scheduler) { chaos.pool.kill(pid, "calm") }
        }
        let lives = chaos.pool.actors.values.contains { $0.kind == .scheduler && !$0.isKilled }
        if !lives { try chaos.startScheduler() }
    }

    func run(_ wait: (_ seconds: Int64, _ condition: () -> Bool) -> Bool) {
        let decided = SlotMarks(chaos).newest.values.map { Double($0.seconds) }.max() ?? 0
        let over = slots.disturbances.aftermath.last?.to ?? 0
        let end = max(Disturbances.now, decided, over) + QuietPhase.length
        _ = wait(60) { Disturbances.now >= end }
        chaos.firstSights = SlotMarks.firstSights(chaos.tree)
        chaos.removeCrontabs()
        let areForgotten = wait(60) {
            chaos.tree.names("state/crontabs").allSatisfy { $0.hasSuffix(".previous") }
        }
        if !areForgotten {
            chaos.ledger.violate("the crontabs are gone, and their entries still in force")
        }
    }

    /// Has what dead schedulers have left swept by one that takes the seat now.
    func sweep(_ wait: (_ seconds: Int64, _ condition: () -> Bool) -> Bool) throws {
        let last = try chaos.startScheduler()
        let isActive = wait(60) {
            let said = (try? last.run.errorSoFar()) ?? []
            return String(decoding: said, as: UTF8.self).contains("scheduling 0 entries")
        }
        if !isActive { chaos.ledger.violate("a scheduler doesn't begin") }
        last.run.signal(SIGTERM)
        if !wait(60, { chaos.pool.pids(.scheduler).isEmpty }) {
            chaos.ledger.violate("a scheduler doesn't end")
        }
    }
}

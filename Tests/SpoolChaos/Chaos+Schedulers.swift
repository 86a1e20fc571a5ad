import Glibc
import SpoolTestSupport

/// Schedulers: one is active, the others stand by, and beside the daemon there is one more.
extension Chaos {
    func startSchedulers() {
        for _ in 0..<3 { keepScheduler() }
    }

    /// Starts a scheduler, and another one whenever it ends.
    private func keepScheduler() {
        guard !isOver else { return }
        do {
            try startScheduler(clockOffset: mayDisturb && chance(6) ? wrongOffset() : 0) {
                [self] in after(0...1500) { self.keepScheduler() }
            }
        } catch {
            host.note("no scheduler: \(error)")
            after(100...500) { self.keepScheduler() }
        }
    }

    /// By how much the clock of one that schedules is wrong, in seconds.
    func wrongOffset() -> Int {
        let size = number(2...SlotBook.wrongest)
        return chance(50) ? size : -size
    }

    @discardableResult
    func startScheduler(
        clockOffset offset: Int = 0, ended: @escaping () -> Void = {}
    ) throws -> Actor {
        let clock = offset == 0 ? [:] : host.wrongClock(offset)
        let actor = try pool.start(.scheduler, [host.binary, "scheduler"], environment: clock) {
            [host, ledger] actor, result in
            ledger.slots.clockEnds(actor.run.pid)
            host.note("scheduler \(actor.run.pid) said: \(result.errorText)")
            ended()
        }
        if !clock.isEmpty { ledger.slots.clockBegins(actor.run.pid, offset) }
        return actor
    }

    /// For a while nothing disturbs the schedulers, while the rest goes on: what is due then has no excuse.
    func beginLull(then next: @escaping () -> Void) {
        isLull = true
        host.note("lull")
        rightClocks()
        after(16_000...24_000) { [self] in
            isLull = false
            host.note("lull ends")
            next()
        }
    }

    /// Sends those home by whose wrong clocks slots are decided.
    func rightClocks() {
        for pid in ledger.slots.wrongClocks { pool.kill(pid, "wrong clock") }
    }
}

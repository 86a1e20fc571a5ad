import Glibc
import SpoolSystem
import SpoolTestSupport

/// The faults are over: everything that waits must come to its end, everybody must go, and nothing may be
/// left behind.
struct Drain {
    private let chaos: Chaos
    private var host: ChaosHost { chaos.host }
    private var tree: Tree { chaos.tree }
    private var pool: ProcessPool { chaos.pool }

    init(_ chaos: Chaos) {
        self.chaos = chaos
    }

    func run() throws {
        pool.resumeAll()
        host.note("drain")
        try settleWorkers()
        let calm = QuietPhase(chaos)
        try calm.settle()
        for queues in [[], JobPlan.queues] { call(["resume", "--no-start"] + queues) }
        calm.run(wait)
        let began = Clock.monotonic()
        let isDry = wait(seconds: 150) {
            let left = tree.files(Tree.waiting + ["running"])
            if left.isEmpty && pool.actors.values.allSatisfy(\.isLasting)
                && SlotMarks(chaos).undone(tree).isEmpty
            {
                return true
            }
            help(left, since: began)
            return false
        }
        if !isDry { reportStall() }
        endWorkers()
        try calm.sweep(wait)
        sweep()
        try check()
        chaos.takeHistory()
        while !chaos.timeline.isEmpty { chaos.tick() }
        chaos.collectRejects(tree.files(Tree.ended))
    }

    /// Half of the runs end with the workers that have been through everything, so that what they have missed
    /// shows; the other half with new ones.
    private func settleWorkers() throws {
        if chaos.chance(50) {
            for pid in pool.pids(.worker) { pool.kill(pid, "drain with new workers") }
        }
        let serves = pool.actors.values.contains { actor in
            actor.kind == .worker && !actor.isKilled && actor.words.contains("worker")
                && !actor.words.contains("-q")
        }
        if !serves {
            try pool.start(.worker, [host.binary, "worker", "-j", "6"]) { [host] _, result in
                host.note("worker said: \(result.errorText)")
            }
        }
    }

    /// Lets go what nobody else would: held jobs, and those whose time a wrong clock has set.
    private func help(_ left: [FoundFile], since began: Int64) {
        let held = left.filter { $0.place == "held" }.compactMap(\.id)
        if !held.isEmpty { call(["release", "--no-start"] + held) }
        guard Clock.monotonic() - began > 5_000_000_000 else { return }
        let soon = Drain.compactTime(inSeconds: 5)
        let late = left.filter { $0.place == "scheduled" && String($0.name.prefix(15)) > soon }
        if !late.isEmpty { call(["move", "--now"] + late.compactMap(\.id)) }
    }

    private static func compactTime(inSeconds seconds: Int) -> String {
        CivilTime.text(Int(Disturbances.now) + seconds, "%Y%m%dT%H%M%S")
    }

    /// Runs a command to its end, while the others go on.
    private func call(_ words: [String], environment: [String: String] = [:]) {
        let actor = try? pool.start(
            .changer, [host.binary] + words, environment: environment, ended: { _, _ in })
        guard let actor else { return }
        let isEnded = wait(seconds: 60) { pool.actors[actor.run.pid] == nil }
        if !isEnded { chaos.ledger.violate("\(words.joined(separator: " ")) doesn't end") }
    }

    private func wait(seconds: Int64, _ condition: () -> Bool) -> Bool {
        let deadline = Clock.monotonic() + seconds * 1_000_000_000
        while !condition() {
            guard Clock.monotonic() < deadline else { return false }
            for _ in 0..<20 { chaos.tick() }
        }
        return true
    }

    private func reportStall() {
        for file in tree.files(Tree.waiting + ["running"]) {
            chaos.ledger.violate("it got stuck: \(file.path)", id: file.id)
        }
        for actor in pool.actors.values where !actor.isLasting {
            chaos.ledger.violate("it doesn't end: \(actor.words.joined(separator: " "))")
        }
    }

    private func endWorkers() {
        let workers = pool.actors.values.filter(\.isLasting).map(\.run.pid)
        for pid in workers + ProcessPool.children(of: getpid()) { Glibc.kill(pid, SIGTERM) }
        let isAlone = wait(seconds: 30) { ProcessPool.children(of: getpid()).isEmpty }
        guard !isAlone else { return }
        for pid in ProcessPool.descendants() {
            chaos.ledger.violate("an orphan: pid \(pid), \(ProcessPool.title(of: pid))")
            Glibc.kill(pid, SIGKILL)
        }
    }

    /// The program's own judge must agree that the spool is sound.
    private func check() throws {
        let checked = try ProgramRun(
            [host.binary, "check"], environment: host.environment, directory: host.home
        ).wait()
        if checked.status != 0 {
            chaos.ledger.violate(
                "'spool check' (\(checked.status)): \(checked.text)\(checked.errorText)")
        }
    }

    /// What is left in tmp/ is swept once it is a minute old, by the clock of whoever sweeps.
    private func sweep() {
        let ahead = host.wrongClock(120)
        _ = wait(seconds: 90) {
            call(["worker", "--until-empty"], environment: ahead)
            return tree.names("tmp").allSatisfy { $0.hasSuffix(".slot") }
        }
    }
}

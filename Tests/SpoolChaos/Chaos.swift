import Glibc
import SpoolSystem
import SpoolTestSupport

/// The run: decisions in an order that the seed gives, at times that it gives, on whatever is there then.
final class Chaos {
    let options: ChaosOptions
    let host: ChaosHost
    let disk: DiskLink?
    let tree: Tree
    let ledger: Ledger
    let pool: ProcessPool
    let timeline = Timeline()
    var random: SeededGenerator
    /// When the run began and its faults ended, by the monotonic clock.
    private(set) var began: Int64 = 0
    private(set) var ended: Int64 = 0
    private(set) var isOver = false
    /// Whether the schedulers are left alone for a while.
    var isLull = false
    var mayDisturb: Bool { !isLull && !isOver }
    /// Somebody is at work on a crontab.
    var isEditing = false
    /// How many entries have taken the place of another one.
    var generation = 0
    let crontab = Recurrence.crontab(soon: Int(Disturbances.now) + 25)
    /// When each entry was first seen, as it stood before the crontabs were taken away.
    var firstSights: [String: Int] = [:]
    private var lastTick = Disturbances.now
    var faultCounts: [String: Int] = [:]
    /// Jobs that wait or run, as last counted: where there are many, no more are submitted.
    private var openJobs = 0
    private var hasRoom = true

    init(_ options: ChaosOptions, _ host: ChaosHost, _ disk: DiskLink?) throws {
        self.options = options
        self.host = host
        self.disk = disk
        tree = Tree(spool: host.spool)
        ledger = Ledger { [host] in host.note($0) }
        pool = try ProcessPool(host, ledger)
        random = SeededGenerator(seed: options.seed)
    }

    func run() throws {
        host.note("seed \(options.seed)")
        if host.clockLibrary == nil {
            ChaosCommand.say(
                "spool-chaos: no C compiler, or a static program, so left out: wrong clocks")
        }
        let made = try ProgramRun(
            [host.binary, "init", host.spool], environment: host.environment, directory: host.home
        ).wait()
        guard made.status == 0 else {
            throw FileTree.Failure(description: "spool init: \(made.errorText)")
        }
        // The regular look stays at its five minutes, so that what is missed shows.
        try FileTree.write(host.spool + "/settings.json", Array("{\"heartbeat\":\"500ms\"}".utf8))
        try installCrontabs()
        began = Clock.monotonic()
        // What comes before the first scheduler is at work has an excuse.
        ledger.slots.disturbances.add(from: Disturbances.now, to: Disturbances.now)
        startSchedulers()
        startWorkers()
        planFaults()
        var next = began
        while !hasEnough {
            tick()
            let now = Clock.monotonic()
            if now >= next {
                decide()
                next = max(next, now - 1_000_000_000) + milliseconds(mean: 28)
            }
        }
        ended = Clock.monotonic()
        isOver = true
        // The timeline undoes whatever lasts.
        while !timeline.isEmpty { tick() }
    }

    private var hasEnough: Bool {
        if let jobs = options.jobs { return ledger.submissions >= jobs }
        return Clock.monotonic() - began >= Int64(options.seconds) * 1_000_000_000
    }

    /// One tick of the run's clock: lets a millisecond pass, and takes what has happened meanwhile.
    ///
    /// It measures time on purpose, rather than wait for an event. Decisions and faults come at times that the seed
    /// gives, and a tick that takes much longer shows that the machine was busy elsewhere.
    func tick() {
        usleep(1000)
        let now = Disturbances.now
        // A process that is kept waiting here is so elsewhere.
        if now - lastTick > 1 { ledger.slots.disturbances.add(from: lastTick, to: now) }
        lastTick = now
        pool.reap()
        timeline.run(until: Clock.monotonic())
    }

    // MARK: Chance

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &random)
    }

    /// A wait in nanoseconds, exponentially spread.
    private func milliseconds(mean: Double) -> Int64 {
        let share = Double.random(in: 0.0001..<1, using: &random)
        return Int64(-log(share) * mean * 1_000_000)
    }

    func after(_ milliseconds: ClosedRange<Int>, _ action: @escaping () -> Void) {
        let wait = Int64(number(milliseconds)) * 1_000_000
        timeline.at(Clock.monotonic() + wait, action)
    }

    // MARK: Workers

    private static let workers: [[String]] = [
        ["worker", "-j", "5"], ["worker", "-j", "4", "-q", "default", "-q", "alpha"],
        ["worker", "-j", "3", "-q", "beta", "--drain"], ["daemon", "-j", "2", "--idle-exit", "2s"],
    ]

    private func startWorkers() {
        for words in Chaos.workers { keepWorker(words) }
    }

    /// Starts a worker, and another one whenever it ends.
    private func keepWorker(_ words: [String]) {
        guard !isOver else { return }
        // Less than the age at which files in tmp/ count as left behind: a real clock is everybody's, so
        // nobody's file is younger than another's by more than the way it takes.
        let schedules = words[0] == "daemon"
        let offset =
            schedules
            ? (mayDisturb && chance(10) ? wrongOffset() : 0)
            : (chance(15) ? number(-50...50) : 0)
        let clock = offset == 0 ? [:] : host.wrongClock(offset)
        do {
            let actor = try pool.start(.worker, [host.binary] + words, environment: clock) {
                [self] actor, result in
                ledger.slots.clockEnds(actor.run.pid)
                if !result.errorText.isEmpty {
                    host.note("worker \(actor.run.pid) said: \(result.errorText)")
                }
                after(0...1500) { self.keepWorker(words) }
            }
            if schedules && !clock.isEmpty { ledger.slots.clockBegins(actor.run.pid, offset) }
        } catch {
            host.note("no worker: \(error)")
            after(100...500) { self.keepWorker(words) }
        }
    }

    // MARK: Decisions

    private func decide() {
        if openJobs > 200 || number(0...9) == 0 { count() }
        let mayMake = openJobs <= 200 && hasRoom
        switch number(0...99) {
        case 0..<7: if mayMake { submitBatch() }
        case 7..<11: if mayMake { submitKeyed() }
        case 11..<29: if mayMake { submitByRun(waits: false) }
        case 29..<33: if mayMake { submitByRun(waits: true) }
        case 33..<39: if mayMake { dropByEcho() }
        case 39..<43: if mayMake { dropByCopy() }
        case 43..<49: if mayMake { dropByMove() }
        case 49..<53: waitForJob()
        case 53..<60: cancelJobs()
        case 60..<65: retryJobs()
        case 65..<69: holdOrRelease()
        case 69..<73: moveOrEdit()
        case 73..<82: moveByHand()
        case 82..<86: removeByHand()
        case 86..<88: copyByHand()
        case 88: pauseAWhile()
        case 89..<94: readSomething()
        default: cleanEnded()
        }
        if number(0...999) < 90 { killSomebody() }
        if number(0...999) < 25 { stopSomebody() }
        if number(0...999) < 20 { editCrontabs() }
    }

    private func count() {
        openJobs = tree.files(Tree.waiting + ["running"]).count
        guard disk != nil, pool.lasting == 0 else { return }
        takeHistory(least: 400_000)
        takeOldMarks()
        var status = statvfs()
        guard statvfs(host.disk, &status) == 0 else { return }
        // A disk that is full is a fault, and has its time.
        let had = hasRoom
        hasRoom = status.f_bavail > status.f_blocks / 3 && status.f_ffree > status.f_files / 3
        if had != hasRoom { host.note(hasRoom ? "there is room again" : "little room is left") }
    }
}

import Glibc
import SpoolSystem
import SpoolTestSupport

/// One process that takes part.
final class Actor {
    enum Kind: String {
        case worker, scheduler, submitter, changer, waiter, reader, cleaner
    }

    let kind: Kind
    let words: [String]
    let run: ProgramRun
    /// How much disorder there had been when it began.
    let disorder: Int
    /// Whether SIGKILL was sent.
    var isKilled = false
    /// Whether it stays until it is sent home.
    var isLasting: Bool { kind == .worker || kind == .scheduler }
    let ended: (Actor, ProgramResult) -> Void

    init(
        _ kind: Kind, _ words: [String], _ run: ProgramRun, disorder: Int,
        ended: @escaping (Actor, ProgramResult) -> Void
    ) {
        self.kind = kind
        self.words = words
        self.run = run
        self.disorder = disorder
        self.ended = ended
    }
}

/// All processes of the run. As a subreaper, this process gets every descendant whose parent dies, so none
/// can be out of sight.
final class ProcessPool {
    private let host: ChaosHost
    private(set) var actors: [pid_t: Actor] = [:]
    /// Since when, in seconds since 1970.
    private var stopped: [pid_t: Double] = [:]
    private(set) var killCount = 0
    private(set) var stopCount = 0
    /// How many of the killed decided slots, or helped to.
    private(set) var schedulerKills = 0
    /// Faults that programs may well complain of: how many began, and how many last.
    private(set) var disorder = 0
    private(set) var lasting = 0
    private var disorderSince = 0.0
    private let ledger: Ledger

    init(_ host: ChaosHost, _ ledger: Ledger) throws {
        self.host = host
        self.ledger = ledger
        try ProcessControl.becomeSubreaper()
    }

    @discardableResult
    func start(
        _ kind: Actor.Kind, _ words: [String], input: String = "",
        environment more: [String: String] = [:],
        ended: @escaping (Actor, ProgramResult) -> Void
    ) throws -> Actor {
        let environment = host.environment.merging(more) { _, new in new }
        let run = try ProgramRun(
            words, environment: environment, directory: host.home, input: Array(input.utf8))
        // What began during a disorder has been in it.
        let since = lasting > 0 ? disorder - 1 : disorder
        let actor = Actor(kind, words, run, disorder: since, ended: ended)
        actors[run.pid] = actor
        return actor
    }

    /// Takes all children that have ended.
    func reap() {
        while true {
            var info = siginfo_t()
            let options = WEXITED | WNOHANG | WNOWAIT
            guard waitid(P_ALL, 0, &info, options) == 0 else { return }
            let pid = info._sifields._sigchld.si_pid
            if pid == 0 { return }
            endStop(pid)
            guard let actor = actors.removeValue(forKey: pid) else {
                takeOrphan(pid)
                continue
            }
            guard let result = try? actor.run.wait() else { continue }
            judge(actor, result)
            actor.ended(actor, result)
        }
    }

    /// A runner whose worker has died, or a daemon that a command has left behind.
    private func takeOrphan(_ pid: pid_t) {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        if ProcessPool.crashes.contains(status & 0x7f) {
            ledger.violate("an orphan (pid \(pid)) was ended by signal \(status & 0x7f)")
        }
    }

    private static let crashes: Set<CInt> = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE]

    /// Whether the spool was out of order at any time since the actor began.
    func wasDisturbed(_ actor: Actor) -> Bool { disorder != actor.disorder || lasting > 0 }

    /// Statuses that a command may end with: what it could not do, it must say in this way.
    private func judge(_ actor: Actor, _ result: ProgramResult) {
        let status = result.status
        if actor.isKilled && status == 128 + SIGKILL { return }
        let what = actor.words.dropFirst().prefix(4).joined(separator: " ")
        if status > 128, ProcessPool.crashes.contains(status - 128) {
            return ledger.violate("\(what) crashed (\(status)): \(result.errorText)")
        }
        // A shell's echo and cp have their own codes, and a waiter's is judged with its job's.
        guard actor.words.first == host.binary, actor.kind != .waiter else { return }
        var allowed: Set<Int32> = [0, 65, 66, 75]
        if wasDisturbed(actor) { allowed.formUnion([73, 74]) }
        if !allowed.contains(status) {
            ledger.violate("'\(what)' ended with \(status): \(result.errorText)")
        }
    }

    // MARK: Disorder

    func disorderBegins() {
        if lasting == 0 { disorderSince = Disturbances.now }
        disorder += 1
        lasting += 1
    }

    func disorderEnds() {
        lasting -= 1
        guard lasting == 0 else { return }
        ledger.slots.disturbances.add(from: disorderSince, to: Disturbances.now)
    }

    // MARK: Signals

    func kill(_ pid: pid_t, _ why: String) {
        let disturbs = schedules(pid)
        guard Glibc.kill(pid, SIGKILL) == 0 else { return }
        let now = Disturbances.now
        if disturbs {
            schedulerKills += 1
            ledger.slots.disturbances.add(from: now, to: now)
        }
        actors[pid]?.isKilled = true
        killCount += 1
        host.note("SIGKILL \(pid) \(why)")
    }

    func stop(_ pid: pid_t, _ why: String) {
        guard Glibc.kill(pid, SIGSTOP) == 0 else { return }
        stopped[pid] = Disturbances.now
        stopCount += 1
        host.note("SIGSTOP \(pid) \(why)")
    }

    func resume(_ pid: pid_t) {
        // Not one that has ended meanwhile, whose number may be another's.
        guard stopped[pid] != nil else { return }
        endStop(pid)
        Glibc.kill(pid, SIGCONT)
    }

    func resumeAll() {
        for pid in stopped.keys { resume(pid) }
    }

    private func endStop(_ pid: pid_t) {
        guard let since = stopped.removeValue(forKey: pid), schedules(pid) else { return }
        ledger.slots.disturbances.add(from: since, to: Disturbances.now)
    }

    // MARK: Who is there

    func pids(_ kind: Actor.Kind) -> [pid_t] {
        actors.values.filter { $0.kind == kind }.map(\.run.pid).sorted()
    }

    static func children(of pid: pid_t) -> [pid_t] {
        guard let bytes = ProcessTable.contents(of: "/proc/\(pid)/task/\(pid)/children") else {
            return []
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }

    static func title(of pid: pid_t) -> String {
        let bytes = ProcessTable.contents(of: "/proc/\(pid)/cmdline") ?? []
        return String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }

    /// All descendants of this process that live.
    static func descendants() -> [pid_t] {
        var found: [pid_t] = []
        var open = [getpid()]
        while let next = open.popLast() {
            let children = ProcessPool.children(of: next)
            found += children
            open += children
        }
        return found
    }

    /// Whether it decides slots, or helps one that does.
    func schedules(_ pid: pid_t) -> Bool {
        if let actor = actors[pid] {
            return actor.kind == .scheduler || actor.words.contains("daemon")
        }
        let title = ProcessPool.title(of: pid)
        return title.hasPrefix("spool-s") || title.contains(" daemon")
    }

    /// The schedulers that there are, those beside daemons among them, and what waits for the lock for them.
    func schedulers() -> [pid_t] {
        let own = pids(.scheduler)
        let all = own + (own + pids(.worker) + [getpid()]).flatMap { ProcessPool.children(of: $0) }
        return Set(all).filter { schedules($0) }.sorted()
    }

    /// The runners that there are: children of workers, and those whose worker has died.
    func runners() -> [pid_t] {
        (pids(.worker) + [getpid()]).flatMap { ProcessPool.children(of: $0) }.filter {
            actors[$0] == nil && ProcessPool.title(of: $0).hasPrefix("spool-run ")
        }
    }
}

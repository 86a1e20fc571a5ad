import Glibc
import SpoolTestSupport

/// Everything that goes wrong.
extension Chaos {
    // MARK: Signals

    /// A command may be killed or stopped at any point of its short life.
    func mayHurt(_ actor: Actor) {
        let pid = actor.run.pid
        if chance(4) {
            after(0...14) { [pool] in
                if pool.actors[pid] === actor { pool.kill(pid, actor.kind.rawValue) }
            }
        } else if chance(2) {
            after(0...10) { [self] in
                guard pool.actors[pid] === actor else { return }
                pool.stop(pid, actor.kind.rawValue)
                after(50...2500) { self.pool.resume(pid) }
            }
        }
    }

    /// A worker, a scheduler, a runner or a command that runs now.
    private func anybody() -> (pid: pid_t, what: String)? {
        guard let (pid, what) = pickAnybody() else { return nil }
        return mayDisturb || !pool.schedules(pid) ? (pid, what) : nil
    }

    private func pickAnybody() -> (pid: pid_t, what: String)? {
        switch number(0...11) {
        case 10, 11: return pick(pool.schedulers()).map { ($0, "scheduler") }
        case 0: return pick(pool.pids(.worker)).map { ($0, "worker") }
        case 1: return pick(pool.pids(.waiter)).map { ($0, "waiter") }
        case 2:
            // Daemons that commands have started.
            let daemons = ProcessPool.children(of: getpid()).filter { pool.actors[$0] == nil }
            return pick(daemons).map { ($0, "orphan") }
        case 3...6: return pick(pool.runners()).map { ($0, "runner") }
        default:
            return pick(pool.runners().flatMap { ProcessPool.children(of: $0) }).map {
                ($0, "command")
            }
        }
    }

    func killSomebody() {
        if let (pid, what) = anybody() { pool.kill(pid, what) }
    }

    func stopSomebody() {
        guard let (pid, what) = anybody() else { return }
        pool.stop(pid, what)
        // Longer than a slot may be late.
        let isLong = what == "scheduler" && chance(5)
        after(isLong ? 11_000...13_000 : 30...2500) { [pool] in pool.resume(pid) }
    }

    // MARK: The file system

    func planFaults() {
        after(2500...6000) { [self] in
            guard !isOver else { return }
            if chance(8) { return beginLull { self.planFaults() } }
            commitFault()
            planFaults()
        }
    }

    private func commitFault() {
        let kinds: [(String, () -> Void)] = [
            ("chmod 000", closeDirectory),
            ("everything killed", { self.blackout(readOnly: false) }),
        ]
        let onSmallDisk: [(String, () -> Void)] = [
            ("disk full", fillDisk), ("no inodes", takeInodes),
            ("everything killed, read-only", { self.blackout(readOnly: true) }),
        ]
        guard let (name, commit) = pick(disk == nil ? kinds : kinds + onSmallDisk) else { return }
        faultCounts[name, default: 0] += 1
        host.note("FAULT \(name)")
        commit()
    }

    private func lasting(_ milliseconds: ClosedRange<Int>, undo: @escaping () -> Void) {
        pool.disorderBegins()
        after(milliseconds) { [self] in
            undo()
            host.note("fault undone")
            pool.disorderEnds()
        }
    }

    private func fillDisk() {
        let path = host.disk + "/ballast"
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        // To the last block, in smaller and smaller pieces.
        var size = 1 << 20
        let block = [UInt8](repeating: 1, count: size)
        while size >= 512 {
            if write(file, block, size) <= 0 { size /= 2 }
        }
        close(file)
        lasting(300...2500) { unlink(path) }
    }

    private func takeInodes() {
        let directory = host.disk + "/inodes"
        mkdir(directory, 0o700)
        for index in 0..<4000 {
            let file = open("\(directory)/\(index)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            if file < 0 { break }
            close(file)
        }
        lasting(300...2000) { FileTree.remove(directory) }
    }

    private func closeDirectory() {
        let names = [
            "", "/incoming", "/incoming/alpha", "/running", "/scheduled", "/failed", "/done",
            "/tmp",
            "/history", "/logs", "/workers", "/state", "/held", "/dead-letter", "/locks",
            "/state/slots", "/state/crontabs", "/cron.d",
        ]
        guard let name = pick(names) else { return }
        let path = host.spool + name
        host.note("chmod 000 \(path)")
        guard chmod(path, 0) == 0 else { return }
        lasting(100...1500) { chmod(path, 0o700) }
    }

    /// Everything dies at once, as in a power cut that loses no data; perhaps the spool can't be written
    /// when it is up again.
    private func blackout(readOnly: Bool) {
        for pid in ProcessPool.descendants() { pool.kill(pid, "blackout") }
        guard readOnly, let disk else { return }
        // No file may be open for writing: the dead must be gone.
        for _ in 0..<100 {
            tick()
            if (try? disk.remount(DiskLink.readOnly)) == true {
                return lasting(200...1500) {
                    if (try? disk.remount(DiskLink.writable)) != true {
                        self.ledger.violate("the file system can't be made writable again")
                    }
                }
            }
        }
        host.note("it could not be made read-only")
    }

    /// The history grows, and the disk is small: what is old goes elsewhere.
    ///
    /// - Parameter least: the size in bytes from which a file is taken.
    func takeHistory(least: Int = 0) {
        for name in tree.names("history") where name.hasSuffix(".ndjson") {
            var status = stat()
            guard lstat("\(host.spool)/history/\(name)", &status) == 0, status.st_size >= least
            else { continue }
            host.note("history taken away: \(status.st_size) bytes")
            let aside = "\(host.disk)/history-\(number(0...999_999_999))"
            guard Glibc.rename("\(host.spool)/history/\(name)", aside) == 0 else { continue }
            // Who has it open still writes to it.
            after(4000...5000) { [host] in
                guard let bytes = try? FileTree.read(aside) else { return }
                let archive = open(
                    host.directory + "/history.ndjson", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                    0o644)
                guard archive >= 0 else { return }
                try? FileTree.write(archive, bytes)
                close(archive)
                unlink(aside)
            }
        }
    }
}

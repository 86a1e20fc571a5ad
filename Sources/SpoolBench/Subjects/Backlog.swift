import Glibc
import Spool
import SpoolSystem

extension Bench {
    /// What a job costs while others wait behind it.
    var backlog: Measurement {
        Measurement(
            "backlog", "Claim to end of /bin/true, one at a time", unit: "µs",
            isMoreBetter: false,
            sizes.waiting.map { waiting in
                Subject("\(waiting) waiting", .spool, durability: "sync: off", needs: [limit]) {
                    [self] in [try runBefore(waiting).microseconds]
                }
            })
    }

    var backlogMemory: Measurement {
        Measurement(
            "backlog-memory", "Peak memory of the worker", unit: "MiB", isMoreBetter: false,
            sizes.waiting.map { waiting in
                Subject("\(waiting) waiting", .spool, needs: [limit]) { [self] in
                    [try runBefore(waiting).mebibytes]
                }
            })
    }

    /// Runs urgent jobs while many others wait: the first of them says when it begins, and so does the last,
    /// which holds the only slot until the worker is gone.
    private func runBefore(
        _ waiting: Int
    ) throws -> (microseconds: Double, mebibytes: Double) {
        let path = try waitingSpool(waiting)
        let count = sizes.dispatches * 4
        let stamps = try Fifo(freshPath("stamps"))
        let gate = try Fifo(freshPath("gate"))
        var jobs = Array(repeating: job(["/bin/true"], .off), count: count)
        jobs.insert(job([limit, "stamp", stamps.path], .off), at: 0)
        jobs.append(job([limit, "hold", stamps.path, gate.path], .off))
        for index in jobs.indices { jobs[index].priority = .critical }
        try submit(jobs, to: path)
        let worker = try program([spool, "worker", "-j", "1"], ["SPOOL_DIR": path]).start()
        let first = try stamps.next(upTo: 300)
        let last = try stamps.next()
        let peak = try Idle.kibibytes("VmHWM", of: worker.pid)
        kill(worker.pid, SIGKILL)
        _ = try worker.wait()
        try gate.open(for: 1)
        return (Double(last - first) / 1e3 / Double(count + 1), Double(peak) / 1024)
    }

    /// A spool with so many jobs that wait, made once.
    func waitingSpool(_ waiting: Int) throws -> String {
        let name = "waiting-\(waiting)"
        if let path = kept[name] { return path }
        let path = try freshSpool()
        if waiting > 0 { try program([limit, "fill", path, "0", "\(waiting)"]).run() }
        settle()
        kept[name] = path
        return path
    }
}

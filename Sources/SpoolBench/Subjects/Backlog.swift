import Glibc
import Spool
import SpoolSchedule
import SpoolSystem

extension Bench {
    /// What else is in a spool, or was.
    enum Others: Hashable {
        case waiting(Int)
        /// They waited, and the directory has kept its size.
        case gone(Int)
        /// All of them today.
        case done(Int)

        var title: String {
            switch self {
            case .waiting(let count): "\(count) waiting"
            case .gone(let count): "\(count) waited before"
            case .done(let count): "\(count) done"
            }
        }
    }

    /// What a job costs while others wait behind it, or have gone before it.
    var backlog: Measurement {
        let most = sizes.waiting.last ?? 0
        return Measurement(
            "backlog", "Claim to end of /bin/true, one at a time", unit: "µs",
            isMoreBetter: false,
            (sizes.waiting.map { .waiting($0) } + [.gone(most), .done(most)]).map { others in
                Subject(others.title, .spool, durability: "sync: off", needs: [limit]) {
                    [self] in [try runBefore(others).microseconds]
                }
            })
    }

    var backlogMemory: Measurement {
        Measurement(
            "backlog-memory", "Peak memory of the worker", unit: "MiB", isMoreBetter: false,
            sizes.waiting.map { waiting in
                Subject("\(waiting) waiting", .spool, needs: [limit]) { [self] in
                    [try runBefore(.waiting(waiting)).mebibytes]
                }
            })
    }

    /// Runs urgent jobs while many others wait: the first of them says when it begins, and so does the last,
    /// which holds the only slot until the worker is gone.
    private func runBefore(
        _ others: Others
    ) throws -> (microseconds: Double, mebibytes: Double) {
        let path = try spool(with: others)
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

    /// A spool with them, made once.
    func spool(with others: Others) throws -> String {
        if let path = kept[others] { return path }
        let path = try freshSpool()
        func fill(_ place: String, _ count: Int) throws {
            guard count > 0 else { return }
            try program([limit, "fill", path, place, "0", "\(count)"]).run()
        }
        switch others {
        case .waiting(let count): try fill("incoming", count)
        case .gone(let count):
            try fill("incoming", count)
            try program(["find", path + "/incoming", "-name", "*.json", "-delete"]).run()
        case .done(let count): try fill("done/\(Instant(nanoseconds: Clock.realtime()).day)", count)
        }
        settle()
        kept[others] = path
        return path
    }
}

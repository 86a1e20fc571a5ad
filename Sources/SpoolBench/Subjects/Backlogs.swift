import Glibc
import Spool
import SpoolSystem
import SpoolTime

extension Bench {
    /// The other jobs that are in a spool, or were.
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

    /// The cost of a job while others wait behind it, or have gone before it.
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

    /// Runs many of those that wait, from the start of the worker on: it has to find them all.
    var backlogDrain: Measurement {
        Measurement(
            "backlog-drain", "Drain of /bin/true, two at a time, from the start on", unit: "jobs/s",
            isMoreBetter: true,
            sizes.waiting.filter { $0 > 0 }.map { waiting in
                let count = min(waiting, sizes.backlogDrain) - 1
                return Subject(
                    "\(waiting) waiting, \(count + 1) run", .spool, durability: "sync: full",
                    needs: [limit]
                ) { [self] in
                    let path = try spool(with: .waiting(waiting))
                    let stamps = try Fifo(freshPath("stamps"))
                    // A worker that was killed before may still have some of them.
                    try refill(path, waiting)
                    try replace(count, in: path, [limit, "stamp", stamps.path])
                    let begin = Clock.monotonic()
                    let seconds = try withWorker(in: path) { _ in
                        Double(try stamps.next(upTo: 900) - begin) / 1e9
                    }
                    try refill(path, waiting)
                    return [Double(count) / seconds]
                }
            })
    }

    /// Gives a waiting job another command.
    ///
    /// - Parameter index: its place in the order in which they are run.
    private func replace(_ index: Int, in path: String, _ words: [String]) throws {
        let names = try Directory(path: path).names(in: "incoming").sorted()
        guard index < names.count else { throw BenchFailure("only \(names.count) jobs wait") }
        var job = job(words, .full)
        job.cwd = "/"
        try BenchCommand.write(
            String(decoding: try job.json(), as: UTF8.self), to: path + "/incoming/" + names[index])
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

    /// Runs urgent jobs while many others wait. The first of them says when it begins, and so does the last, which
    /// holds the only slot until the worker is gone.
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
        switch others {
        case .waiting(let count): try fill(path, "incoming", count)
        case .gone(let count):
            try fill(path, "incoming", count)
            try program(["find", path + "/incoming", "-name", "*.json", "-delete"]).run()
        case .done(let count):
            try fill(path, "done/\(Instant(nanoseconds: Clock.realtime()).day)", count)
        }
        settle()
        kept[others] = path
        return path
    }

    /// Has as many wait again as did before some were run.
    ///
    /// - Returns: how many were left.
    @discardableResult
    func refill(_ path: String, _ count: Int) throws -> Int {
        let left = try Directory(path: path).names(in: "incoming").count
        try fill(path, "incoming", count - left)
        settle()
        return left
    }

    private func fill(_ path: String, _ place: String, _ count: Int) throws {
        guard count > 0 else { return }
        try program([limit, "fill", path, place, "\(filled)", "\(count)"]).run()
        filled += count
    }
}

import Glibc
import Spool
import SpoolSystem
import SpoolTime

/// The cost of many jobs that wait, or have waited, in the same spool.
struct Backlogs {
    let bench: BenchFixture
    let spools: FilledSpools

    /// The cost of a job while others wait behind it, or have gone before it.
    var oneByOne: Measurement {
        let most = bench.sizes.waiting.last ?? 0
        return Measurement(
            "backlog", "Claim to end of /bin/true, one at a time", unit: "µs",
            isMoreBetter: false,
            (bench.sizes.waiting.map { FilledSpools.Others.waiting($0) } + [
                .gone(most), .done(most),
            ]).map { others in
                BenchSubject(others.title, .spool, durability: "sync: off", needs: [bench.limit]) {
                    [self] in [try runBefore(others).microseconds]
                }
            })
    }

    /// Runs many of those that wait, from the start of the worker on: it has to find them all.
    var drain: Measurement {
        Measurement(
            "backlog-drain", "Drain of /bin/true, two at a time, from the start on", unit: "jobs/s",
            isMoreBetter: true,
            bench.sizes.waiting.filter { $0 > 0 }.map { waiting in
                let count = min(waiting, bench.sizes.backlogDrain) - 1
                return BenchSubject(
                    "\(waiting) waiting, \(count + 1) run", .spool, durability: "sync: full",
                    needs: [bench.limit]
                ) { [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let stamps = try Fifo(bench.freshPath("stamps"))
                    // A worker that was killed before may still have some of them.
                    try spools.refill(path, waiting)
                    try replace(count, in: path, [bench.limit, "stamp", stamps.path])
                    let begin = Clock.monotonic()
                    let seconds = try bench.withWorker(in: path) { _ in
                        Double(try stamps.next(upTo: 900) - begin) / 1e9
                    }
                    try spools.refill(path, waiting)
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
        var job = bench.job(words, .full)
        job.cwd = "/"
        try BenchCommand.write(
            String(decoding: try job.json(), as: UTF8.self), to: path + "/incoming/" + names[index])
    }

    var memory: Measurement {
        Measurement(
            "backlog-memory", "Peak memory of the worker", unit: "MiB", isMoreBetter: false,
            bench.sizes.waiting.map { waiting in
                BenchSubject("\(waiting) waiting", .spool, needs: [bench.limit]) { [self] in
                    [try runBefore(.waiting(waiting)).mebibytes]
                }
            })
    }

    /// Runs urgent jobs while many others wait. The first of them says when it begins, and so does the last, which
    /// holds the only slot until the worker is gone.
    private func runBefore(
        _ others: FilledSpools.Others
    ) throws -> (microseconds: Double, mebibytes: Double) {
        let path = try spools.spool(with: others)
        let count = bench.sizes.dispatches * 4
        let stamps = try Fifo(bench.freshPath("stamps"))
        let gate = try Fifo(bench.freshPath("gate"))
        var jobs = Array(repeating: bench.job(["/bin/true"], .off), count: count)
        jobs.insert(bench.job([bench.limit, "stamp", stamps.path], .off), at: 0)
        jobs.append(bench.job([bench.limit, "hold", stamps.path, gate.path], .off))
        for index in jobs.indices { jobs[index].priority = .critical }
        try bench.submit(jobs, to: path)
        let worker = try bench.program([bench.spool, "worker", "-j", "1"], ["SPOOL_DIR": path])
            .start()
        let first = try stamps.next(upTo: 300)
        let last = try stamps.next()
        let peak = try Idle.kibibytes("VmHWM", of: worker.pid)
        kill(worker.pid, SIGKILL)
        _ = try worker.wait()
        try gate.open(for: 1)
        return (Double(last - first) / 1e3 / Double(count + 1), Double(peak) / 1024)
    }
}

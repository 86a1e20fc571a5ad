import Spool
import SpoolSystem

/// The time from the submit of a job to its start.
struct Dispatches {
    let bench: BenchFixture
    let spools: FilledSpools

    /// From the start of the command that submits to the first instruction of the job, with an idle worker.
    var idle: Measurement {
        Measurement(
            "dispatch", "Submit to process start", unit: "µs", isMoreBetter: false,
            showsTail: true,
            [Job.SyncMode.off, .full].map(spoolDispatch) + [
                BenchSubject("process start alone", .limit, needs: [bench.limit]) { [self] in
                    try dispatches { bench.program([bench.limit, "stamp", $0]) }
                },
                BenchSubject("nq", .peer, durability: "no sync", needs: ["nq", bench.limit]) {
                    [self] in
                    let directory = try bench.freshDirectory("nq")
                    defer { bench.remove(directory) }
                    return try dispatches {
                        bench.program(
                            ["nq", "-c", "-q", bench.limit, "stamp", $0], ["NQDIR": directory])
                    }
                },
                BenchSubject(
                    "task-spooler", .peer, durability: "memory", needs: ["tsp", bench.limit]
                ) {
                    [self] in
                    try bench.withTaskSpooler { variables in
                        try dispatches {
                            bench.program(["tsp", "-n", bench.limit, "stamp", $0], variables)
                        }
                    }
                },
                BenchSubject(
                    "GNU parallel", .peer, durability: "none", needs: ["parallel", bench.limit]
                ) {
                    [self] in
                    try dispatches { bench.program(["parallel", bench.limit, "stamp", ":::", $0]) }
                },
            ])
    }

    /// The same while a worker runs the waiting jobs, for a job that goes before all of them.
    var urgent: Measurement {
        Measurement(
            "urgent", "Submit of an urgent job to process start, both slots busy", unit: "µs",
            isMoreBetter: false, showsTail: true,
            bench.sizes.waiting.filter { $0 > 0 }.map { waiting in
                BenchSubject(
                    "\(waiting) waiting", .spool, durability: "sync: full", needs: [bench.limit]
                ) {
                    [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let times = try bench.withWorker(in: path) { variables in
                        try dispatches(min(bench.sizes.dispatches, waiting / 50)) {
                            bench.program(
                                [
                                    bench.spool, "run", "--no-start", "--priority", "critical",
                                    "--",
                                    bench.limit, "stamp", $0,
                                ], variables)
                        }
                    }
                    guard try spools.refill(path, waiting) > 0 else {
                        throw BenchFailure("all of \(waiting) waiting jobs were run")
                    }
                    return times
                }
            })
    }

    private func spoolDispatch(_ sync: Job.SyncMode) -> BenchSubject {
        BenchSubject(
            "spool run", .spool, durability: "sync: \(sync.rawValue)", needs: [bench.limit]
        ) { [self] in
            let path = try bench.freshSpool()
            defer { bench.remove(path) }
            return try bench.withWorker(in: path) { variables in
                try dispatches {
                    bench.program(
                        [
                            bench.spool, "run", "--no-start", "--sync", sync.rawValue, "--",
                            bench.limit,
                            "stamp", $0,
                        ],
                        variables)
                }
            }
        }
    }

    /// - Parameters:
    ///   - count: how many; otherwise as many as one dispatches in a turn.
    ///   - submit: the command that submits a job which writes its stamp to this path.
    private func dispatches(
        _ count: Int? = nil, _ submit: (String) -> Program
    ) throws -> [Double] {
        let stamps = try Fifo(bench.freshPath("stamps"))
        bench.settle()
        // The first one wakes up the parts that only start then.
        return try (0...(count ?? bench.sizes.dispatches)).map { _ in
            let begin = Clock.monotonic()
            let process = try submit(stamps.path).start()
            let start = try stamps.next()
            _ = try process.wait()
            // The work that the job leaves is not the next one's.
            Sleep.briefly()
            return Double(start - begin) / 1e3
        }.dropFirst().map { $0 }
    }
}

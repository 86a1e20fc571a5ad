import Spool
import SpoolSystem

extension Bench {
    /// From the start of the command that submits to the first instruction of the job, with an idle worker.
    var dispatch: Measurement {
        Measurement(
            "dispatch", "Submit to process start", unit: "µs", isMoreBetter: false,
            showsTail: true,
            [Job.SyncMode.off, .full].map(spoolDispatch) + [
                Subject("process start alone", .limit, needs: [limit]) { [self] in
                    try dispatches { program([limit, "stamp", $0]) }
                },
                Subject("nq", .peer, durability: "no sync", needs: ["nq", limit]) { [self] in
                    let directory = try freshDirectory("nq")
                    defer { remove(directory) }
                    return try dispatches {
                        program(["nq", "-c", "-q", limit, "stamp", $0], ["NQDIR": directory])
                    }
                },
                Subject("task-spooler", .peer, durability: "memory", needs: ["tsp", limit]) {
                    [self] in
                    try withTaskSpooler { variables in
                        try dispatches { program(["tsp", "-n", limit, "stamp", $0], variables) }
                    }
                },
                Subject("GNU parallel", .peer, durability: "none", needs: ["parallel", limit]) {
                    [self] in
                    try dispatches { program(["parallel", limit, "stamp", ":::", $0]) }
                },
            ])
    }

    /// The same while a worker runs the waiting jobs, for a job that goes before all of them.
    var urgent: Measurement {
        Measurement(
            "urgent", "Submit of an urgent job to process start, both slots busy", unit: "µs",
            isMoreBetter: false, showsTail: true,
            sizes.waiting.filter { $0 > 0 }.map { waiting in
                Subject("\(waiting) waiting", .spool, durability: "sync: full", needs: [limit]) {
                    [self] in
                    let path = try spool(with: .waiting(waiting))
                    let times = try withWorker(in: path) { variables in
                        try dispatches(min(sizes.dispatches, waiting / 50)) {
                            program(
                                [
                                    spool, "run", "--no-start", "--priority", "critical", "--",
                                    limit, "stamp", $0,
                                ], variables)
                        }
                    }
                    guard try refill(path, waiting) > 0 else {
                        throw BenchFailure("all of \(waiting) waiting jobs were run")
                    }
                    return times
                }
            })
    }

    private func spoolDispatch(_ sync: Job.SyncMode) -> Subject {
        Subject(
            "spool run", .spool, durability: "sync: \(sync.rawValue)", needs: [limit]
        ) { [self] in
            let path = try freshSpool()
            defer { remove(path) }
            return try withWorker(in: path) { variables in
                try dispatches {
                    program(
                        [
                            spool, "run", "--no-start", "--sync", sync.rawValue, "--", limit,
                            "stamp", $0,
                        ],
                        variables)
                }
            }
        }
    }

    /// Gives the body a spool's variables while a worker with two slots runs.
    func withWorker<Value>(
        in path: String, _ body: (_ variables: [String: String]) throws -> Value
    ) throws -> Value {
        let variables = ["SPOOL_DIR": path]
        let worker = try program([spool, "worker", "-j", "2"], variables).start()
        // The figures stand, however the process ends.
        defer { try? worker.stop() }
        return try body(variables)
    }

    /// - Parameters:
    ///   - count: how many; otherwise as many as one dispatches in a turn.
    ///   - submit: the command that submits a job which writes its stamp to this path.
    private func dispatches(
        _ count: Int? = nil, _ submit: (String) -> Program
    ) throws -> [Double] {
        let stamps = try Fifo(freshPath("stamps"))
        settle()
        // The first one wakes up the parts that only start then.
        return try (0...(count ?? sizes.dispatches)).map { _ in
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

import Glibc
import Spool
import SpoolSystem

/// The cost of jobs that wait or run, beside the commands themselves.
extension Bench {
    /// Jobs that wait behind one that runs.
    var waitingMemory: Measurement {
        Measurement(
            "waiting", "Memory for \(Bench.many) waiting jobs, all processes but the command",
            unit: "MiB", isMoreBetter: false, crowds(running: 1, waiting: Bench.many))
    }

    var runningMemory: Measurement {
        Measurement(
            "running", "Memory for \(Bench.some) running jobs, all processes but the commands",
            unit: "MiB", isMoreBetter: false, crowds(running: Bench.some, waiting: 0))
    }

    /// User's and kernel's, of all processes that the drain has needed, with the commands.
    var processorTime: Measurement {
        Measurement(
            "processor", "Processor time of a job of /bin/true, two at a time", unit: "µs",
            isMoreBetter: false,
            [Job.SyncMode.off, .full].map { sync in
                Subject("spool worker -j 2", .spool, durability: "sync: \(sync.rawValue)") {
                    [self] in
                    try withWaitingTrue(sync) { path in
                        let words = [spool, "worker", "-j", "2", "--until-empty"]
                        return [
                            try cost(sizes.drain) {
                                try program(words, ["SPOOL_DIR": path]).run()
                            }
                        ]
                    }
                }
            } + [
                Subject("spawn and wait alone", .limit, needs: [limit]) { [self] in
                    [
                        try cost(sizes.drain) {
                            try program([limit, "spawn", "\(sizes.drain)", "2"]).run()
                        }
                    ]
                },
                Subject("xargs -P2", .peer, durability: "none", needs: ["xargs"]) { [self] in
                    let line = "seq \(sizes.drain) | xargs -P2 -n1 /bin/true"
                    return [
                        try cost(sizes.drain) { try program(["/bin/sh", "-c", line]).run() }
                    ]
                },
                Subject("GNU parallel -j2", .peer, durability: "none", needs: ["parallel"]) {
                    [self] in
                    let line = "seq \(sizes.smallDrain) | parallel -j2 /bin/true"
                    return [
                        try cost(sizes.smallDrain) {
                            try program(["/bin/sh", "-c", line]).run()
                        }
                    ]
                },
            ])
    }

    private static let many = 100
    private static let some = 20

    /// Microseconds for each of so many jobs.
    private func cost(_ count: Int, _ body: () throws -> Void) throws -> Double {
        let before = try Descendants.processorTime()
        try body()
        return (try Descendants.processorTime() - before) * 1e6 / Double(count)
    }

    // MARK: Crowds

    private func crowds(running: Int, waiting: Int) -> [Subject] {
        [
            Subject("spool worker", .spool, needs: [limit]) { [self] in
                let path = try freshSpool()
                defer { remove(path) }
                let variables = ["SPOOL_DIR": path]
                return try crowd(running: running) { hold in
                    let words = [spool, "worker", "-j", "\(running)"]
                    let worker = try program(words, variables).start()
                    for _ in 0..<running + waiting {
                        try program([spool, "run", "--no-start", "--"] + hold, variables).run()
                    }
                    return worker
                }
            },
            Subject("task-spooler", .peer, needs: ["tsp", limit]) { [self] in
                try withTaskSpooler { variables in
                    try crowd(running: running) { hold in
                        try program(["tsp", "-S", "\(running)"], variables).run()
                        for _ in 0..<running + waiting {
                            try program(["tsp", "-n"] + hold, variables).run()
                        }
                        return nil
                    }
                }
            },
            Subject("nq", .peer, needs: ["nq", limit]) { [self] in
                let directory = try freshDirectory("nq")
                defer { remove(directory) }
                return try crowd(running: running) { hold in
                    // One runs in each directory.
                    for number in 0..<running + waiting {
                        let place = "\(directory)/\(min(number, running - 1))"
                        mkdir(place, 0o700)
                        try program(["nq", "-q"] + hold, ["NQDIR": place]).run()
                    }
                    return nil
                }
            },
        ]
    }

    /// - Parameter start: queues the jobs, each of which runs this command; its own server is kept until the end.
    private func crowd(
        running: Int, _ start: (_ hold: [String]) throws -> Process?
    ) throws -> [Double] {
        let stamps = try Fifo(freshPath("stamps"))
        let gate = try Fifo(freshPath("gate"))
        defer { Descendants.end() }
        let server = try start([limit, "hold", stamps.path, gate.path])
        for _ in 0..<running { _ = try stamps.next() }
        // The process that starts a command has something to do after that.
        sleep(1)
        let bytes = Descendants.all().filter { !Descendants.isProgram(limit, $0) }
            .compactMap(Descendants.proportionalSize).reduce(0, +)
        if let server {
            kill(server.pid, SIGKILL)
            _ = try server.wait()
        }
        return [Double(bytes) / 1_048_576]
    }
}

import Glibc
import Spool
import SpoolSystem

/// The cost of jobs that wait or run, beside the commands themselves.
struct Burdens {
    let bench: BenchFixture

    /// Jobs that wait behind one that runs.
    var waitingMemory: Measurement {
        Measurement(
            "waiting", "Memory for \(Burdens.many) waiting jobs, all processes but the command",
            unit: "MiB", isMoreBetter: false, crowds(running: 1, waiting: Burdens.many))
    }

    var runningMemory: Measurement {
        Measurement(
            "running", "Memory for \(Burdens.some) running jobs, all processes but the commands",
            unit: "MiB", isMoreBetter: false, crowds(running: Burdens.some, waiting: 0))
    }

    /// User's and kernel's, of all processes that the drain has needed, with the commands.
    var processorTime: Measurement {
        Measurement(
            "processor", "Processor time of a job of /bin/true, two at a time", unit: "µs",
            isMoreBetter: false,
            [Job.SyncMode.off, .full].map { sync in
                BenchSubject("spool worker -j 2", .spool, durability: "sync: \(sync.rawValue)") {
                    [self] in
                    try bench.withWaitingTrue(sync) { path in
                        let words = [bench.spool, "worker", "-j", "2", "--until-empty"]
                        return [
                            try cost(bench.sizes.drain) {
                                try bench.program(words, ["SPOOL_DIR": path]).run()
                            }
                        ]
                    }
                }
            } + [
                BenchSubject("spawn and wait alone", .limit, needs: [bench.limit]) { [self] in
                    [
                        try cost(bench.sizes.drain) {
                            try bench.program([bench.limit, "spawn", "\(bench.sizes.drain)", "2"])
                                .run()
                        }
                    ]
                },
                BenchSubject("xargs -P2", .peer, durability: "none", needs: ["xargs"]) { [self] in
                    let line = "seq \(bench.sizes.drain) | xargs -P2 -n1 /bin/true"
                    return [
                        try cost(bench.sizes.drain) {
                            try bench.program(["/bin/sh", "-c", line]).run()
                        }
                    ]
                },
                BenchSubject("GNU parallel -j2", .peer, durability: "none", needs: ["parallel"]) {
                    [self] in
                    let line = "seq \(bench.sizes.smallDrain) | parallel -j2 /bin/true"
                    return [
                        try cost(bench.sizes.smallDrain) {
                            try bench.program(["/bin/sh", "-c", line]).run()
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

    private func crowds(running: Int, waiting: Int) -> [BenchSubject] {
        [
            BenchSubject("spool worker", .spool, needs: [bench.limit]) { [self] in
                let path = try bench.freshSpool()
                defer { bench.remove(path) }
                let variables = ["SPOOL_DIR": path]
                return try crowd(running: running) { hold in
                    let words = [bench.spool, "worker", "-j", "\(running)"]
                    let worker = try bench.program(words, variables).start()
                    for _ in 0..<running + waiting {
                        try bench.program(
                            [bench.spool, "run", "--no-start", "--"] + hold, variables
                        ).run()
                    }
                    return worker
                }
            },
            BenchSubject("task-spooler", .peer, needs: ["tsp", bench.limit]) { [self] in
                try bench.withTaskSpooler { variables in
                    try crowd(running: running) { hold in
                        try bench.program(["tsp", "-S", "\(running)"], variables).run()
                        for _ in 0..<running + waiting {
                            try bench.program(["tsp", "-n"] + hold, variables).run()
                        }
                        return nil
                    }
                }
            },
            BenchSubject("nq", .peer, needs: ["nq", bench.limit]) { [self] in
                let directory = try bench.freshDirectory("nq")
                defer { bench.remove(directory) }
                return try crowd(running: running) { hold in
                    // One runs in each directory.
                    for number in 0..<running + waiting {
                        let place = "\(directory)/\(min(number, running - 1))"
                        mkdir(place, 0o700)
                        try bench.program(["nq", "-q"] + hold, ["NQDIR": place]).run()
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
        let stamps = try Fifo(bench.freshPath("stamps"))
        let gate = try Fifo(bench.freshPath("gate"))
        defer { Descendants.end() }
        let server = try start([bench.limit, "hold", stamps.path, gate.path])
        for _ in 0..<running { _ = try stamps.next() }
        // The process that starts a command has something to do after that.
        sleep(1)
        let bytes = Descendants.all().filter { !Descendants.isProgram(bench.limit, $0) }
            .compactMap(Descendants.proportionalSize).reduce(0, +)
        if let server {
            kill(server.pid, SIGKILL)
            _ = try server.wait()
        }
        return [Double(bytes) / 1_048_576]
    }
}

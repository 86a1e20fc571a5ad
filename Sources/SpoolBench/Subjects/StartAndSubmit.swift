import Spool

/// Starts of the program, and submits.
struct StartAndSubmit {
    let bench: BenchFixture

    /// As often as one turn has starts: microseconds each.
    private func starts(_ body: (Int) throws -> Program) throws -> [Double] {
        bench.settle()
        return try (0..<bench.sizes.starts).map { try body($0).run() * 1e6 }
    }

    /// A process that does nothing, from spawn to wait.
    var startUp: Measurement {
        Measurement(
            "start", "Start of the program, whole process", unit: "µs", isMoreBetter: false,
            [
                BenchSubject("spool --version", .spool) { [self] in
                    try starts { _ in bench.program([bench.spool, "--version"]) }
                },
                BenchSubject("/bin/true", .limit) { [self] in
                    try starts { _ in bench.program(["/bin/true"]) }
                },
            ])
    }

    /// One job from a shell, while no worker runs it.
    var submitOne: Measurement {
        Measurement(
            "submit", "One submit, whole process", unit: "µs", isMoreBetter: false,
            [Job.SyncMode.off, .full].flatMap { [spoolRun($0), rawSubmit($0)] } + [
                BenchSubject("nq", .peer, durability: "no sync", needs: ["nq"]) { [self] in
                    let directory = try bench.freshDirectory("nq")
                    defer { bench.remove(directory) }
                    return try starts { _ in
                        bench.program(["nq", "-c", "-q", "true"], ["NQDIR": directory])
                    }
                },
                BenchSubject("task-spooler", .peer, durability: "memory", needs: ["tsp"]) {
                    [self] in
                    try bench.withTaskSpooler { variables in
                        try starts { _ in bench.program(["tsp", "-n", "true"], variables) }
                    }
                },
                BenchSubject("at", .peer, durability: "no sync", needs: ["at"]) { [self] in
                    // Its queue is the machine's own: the letter is for nobody else, and the date far away.
                    defer {
                        let line = "atq -q z | cut -f1 | xargs -r atrm"
                        _ = try? bench.program(["/bin/sh", "-c", line]).run(acceptsFailure: true)
                    }
                    return try starts { _ in
                        bench.program(["at", "-q", "z", "-f", "/dev/null", "now + 365 days"])
                    }
                },
                BenchSubject("filespooler", .peer, durability: "fdatasync", needs: ["fspl"]) {
                    [self] in
                    let directory = bench.freshPath("fspl")
                    let queue = ["fspl", "queue-init", "-q", directory]
                    try bench.program(queue).run()
                    defer { bench.remove(directory) }
                    let line = "fspl prepare -s 1 -- true | fspl queue-write -q \(directory)"
                    return try starts { _ in bench.program(["/bin/sh", "-c", line]) }
                },
                BenchSubject(
                    "redis-cli LPUSH", .peer, durability: "AOF always",
                    needs: ["redis-server", "redis-cli"]
                ) {
                    [self] in
                    try bench.withRedis { socket in
                        try starts { _ in
                            bench.program(["redis-cli", "-s", socket, "LPUSH", "queue", "true"])
                        }
                    }
                },
            ])
    }

    private func spoolRun(_ sync: Job.SyncMode) -> BenchSubject {
        BenchSubject("spool run", .spool, durability: "sync: \(sync.rawValue)") { [self] in
            let path = try bench.freshSpool()
            defer { bench.remove(path) }
            let words = [bench.spool, "run", "--no-start", "--sync", sync.rawValue, "--", "true"]
            return try starts { _ in bench.program(words, ["SPOOL_DIR": path]) }
        }
    }

    private func rawSubmit(_ sync: Job.SyncMode) -> BenchSubject {
        BenchSubject(
            "C, the same calls", .limit, durability: "sync: \(sync.rawValue)", needs: [bench.limit]
        ) {
            [self] in
            let path = bench.freshPath("raw")
            defer { bench.remove(path) }
            return try starts {
                bench.program([bench.limit, "submit", path, sync.rawValue, "\($0)"])
            }
        }
    }

    /// Many jobs in one process.
    var submitMany: Measurement {
        Measurement(
            "bulk", "Many submits in one process", unit: "jobs/s", isMoreBetter: true,
            [Job.SyncMode.off, .full].flatMap { [spoolBulk($0), rawBulk($0)] }
                + PythonQueue.allCases.map { queue in
                    BenchSubject(
                        queue.title, .peer, durability: queue.durability,
                        needs: [BenchFixture.python] + queue.needs
                    ) { [self] in
                        try bench.withPythonQueue(queue) { [try $0("fill", bench.sizes.bulk)] }
                    }
                })
    }

    private func spoolBulk(_ sync: Job.SyncMode) -> BenchSubject {
        BenchSubject("spool submit --lines", .spool, durability: "sync: \(sync.rawValue)") {
            [self] in
            let path = try bench.freshSpool()
            defer { bench.remove(path) }
            let line = #"{"command":["/bin/true"],"sync":"\#(sync.rawValue)"}"# + "\n"
            let lines = path + "/tmp/.lines"
            try ProgramFile.write(String(repeating: line, count: bench.sizes.bulk), to: lines)
            let words = [bench.spool, "submit", "--lines", "--no-start", lines]
            bench.settle()
            return [
                Double(bench.sizes.bulk) / (try bench.program(words, ["SPOOL_DIR": path]).run())
            ]
        }
    }

    private func rawBulk(_ sync: Job.SyncMode) -> BenchSubject {
        BenchSubject(
            "C, the same calls", .limit, durability: "sync: \(sync.rawValue)", needs: [bench.limit]
        ) {
            [self] in
            let path = bench.freshPath("raw")
            defer { bench.remove(path) }
            let words = [bench.limit, "bulk", path, sync.rawValue, "\(bench.sizes.bulk)"]
            bench.settle()
            return [Double(bench.sizes.bulk) / (try bench.program(words).run())]
        }
    }
}

import Spool

extension Bench {
    /// As often as one turn has starts: microseconds each.
    private func starts(_ body: (Int) throws -> Program) throws -> [Double] {
        settle()
        return try (0..<sizes.starts).map { try body($0).run() * 1e6 }
    }

    /// A process that does nothing, from spawn to wait.
    var startUp: Measurement {
        Measurement(
            "start", "Start of the program, whole process", unit: "µs", isMoreBetter: false,
            [
                Subject("spool --version", .spool) { [self] in
                    try starts { _ in program([spool, "--version"]) }
                },
                Subject("/bin/true", .limit) { [self] in
                    try starts { _ in program(["/bin/true"]) }
                },
            ])
    }

    /// One job from a shell, while no worker runs it.
    var submitOne: Measurement {
        Measurement(
            "submit", "One submit, whole process", unit: "µs", isMoreBetter: false,
            [Job.SyncMode.off, .full].flatMap { [spoolRun($0), rawSubmit($0)] } + [
                Subject("nq", .peer, durability: "no sync", needs: ["nq"]) { [self] in
                    let directory = try freshDirectory("nq")
                    defer { remove(directory) }
                    return try starts { _ in
                        program(["nq", "-c", "-q", "true"], ["NQDIR": directory])
                    }
                },
                Subject("task-spooler", .peer, durability: "memory", needs: ["tsp"]) { [self] in
                    try withTaskSpooler { variables in
                        try starts { _ in program(["tsp", "-n", "true"], variables) }
                    }
                },
                Subject("at", .peer, durability: "no sync", needs: ["at"]) { [self] in
                    // Its queue is the machine's own: the letter is for nobody else, and the date far away.
                    defer {
                        let line = "atq -q z | cut -f1 | xargs -r atrm"
                        _ = try? program(["/bin/sh", "-c", line]).run(acceptsFailure: true)
                    }
                    return try starts { _ in
                        program(["at", "-q", "z", "-f", "/dev/null", "now + 365 days"])
                    }
                },
                Subject("filespooler", .peer, durability: "fdatasync", needs: ["fspl"]) {
                    [self] in
                    let directory = freshPath("fspl")
                    let queue = ["fspl", "queue-init", "-q", directory]
                    try program(queue).run()
                    defer { remove(directory) }
                    let line = "fspl prepare -s 1 -- true | fspl queue-write -q \(directory)"
                    return try starts { _ in program(["/bin/sh", "-c", line]) }
                },
                Subject(
                    "redis-cli LPUSH", .peer, durability: "AOF always",
                    needs: ["redis-server", "redis-cli"]
                ) {
                    [self] in
                    try withRedis { socket in
                        try starts { _ in
                            program(["redis-cli", "-s", socket, "LPUSH", "queue", "true"])
                        }
                    }
                },
            ])
    }

    private func spoolRun(_ sync: Job.SyncMode) -> Subject {
        Subject("spool run", .spool, durability: "sync: \(sync.rawValue)") { [self] in
            let path = try freshSpool()
            defer { remove(path) }
            let words = [spool, "run", "--no-start", "--sync", sync.rawValue, "--", "true"]
            return try starts { _ in program(words, ["SPOOL_DIR": path]) }
        }
    }

    private func rawSubmit(_ sync: Job.SyncMode) -> Subject {
        Subject("C, the same calls", .limit, durability: "sync: \(sync.rawValue)", needs: [limit]) {
            [self] in
            let path = freshPath("raw")
            defer { remove(path) }
            return try starts { program([limit, "submit", path, sync.rawValue, "\($0)"]) }
        }
    }

    /// Many jobs in one process.
    var submitMany: Measurement {
        Measurement(
            "bulk", "Many submits in one process", unit: "jobs/s", isMoreBetter: true,
            [Job.SyncMode.off, .full].flatMap { [spoolBulk($0), rawBulk($0)] }
                + PythonQueue.allCases.map { queue in
                    Subject(
                        queue.title, .peer, durability: queue.durability,
                        needs: [Bench.python] + queue.needs
                    ) { [self] in
                        try withPythonQueue(queue) { [try $0("fill", sizes.bulk)] }
                    }
                })
    }

    private func spoolBulk(_ sync: Job.SyncMode) -> Subject {
        Subject("spool submit --lines", .spool, durability: "sync: \(sync.rawValue)") { [self] in
            let path = try freshSpool()
            defer { remove(path) }
            let line = #"{"command":["/bin/true"],"sync":"\#(sync.rawValue)"}"# + "\n"
            let lines = path + "/tmp/.lines"
            try ProgramFile.write(String(repeating: line, count: sizes.bulk), to: lines)
            let words = [spool, "submit", "--lines", "--no-start", lines]
            settle()
            return [Double(sizes.bulk) / (try program(words, ["SPOOL_DIR": path]).run())]
        }
    }

    private func rawBulk(_ sync: Job.SyncMode) -> Subject {
        Subject("C, the same calls", .limit, durability: "sync: \(sync.rawValue)", needs: [limit]) {
            [self] in
            let path = freshPath("raw")
            defer { remove(path) }
            let words = [limit, "bulk", path, sync.rawValue, "\(sizes.bulk)"]
            settle()
            return [Double(sizes.bulk) / (try program(words).run())]
        }
    }
}

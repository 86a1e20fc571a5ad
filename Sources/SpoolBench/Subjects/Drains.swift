import Spool
import SpoolSystem

extension Bench {
    /// Runs `/bin/true` for each of many waiting jobs.
    var drain: Measurement {
        Measurement(
            "drain", "Drain of /bin/true, two at a time", unit: "jobs/s", isMoreBetter: true,
            [Job.SyncMode.off, .full].flatMap { [spoolDrain($0, slots: 2), rawDrain($0)] } + [
                Subject("spawn and wait alone", .limit, needs: [limit]) { [self] in
                    [
                        Double(sizes.drain)
                            / (try program([limit, "spawn", "\(sizes.drain)", "2"]).run())
                    ]
                },
                Subject("xargs -P2", .peer, durability: "none", needs: ["xargs"]) { [self] in
                    let line = "seq \(sizes.drain) | xargs -P2 -n1 /bin/true"
                    return [Double(sizes.drain) / (try program(["/bin/sh", "-c", line]).run())]
                },
                Subject("GNU parallel -j2", .peer, durability: "none", needs: ["parallel"]) {
                    [self] in
                    let line = "seq \(sizes.smallDrain) | parallel -j2 /bin/true"
                    return [
                        Double(sizes.smallDrain) / (try program(["/bin/sh", "-c", line]).run())
                    ]
                },
                taskSpoolerDrain, nqDrain,
            ]
                + PythonQueue.allCases.map { queue in
                    Subject(
                        queue.title + ", 2 workers", .peer, durability: queue.durability,
                        needs: [Bench.python] + queue.needs
                    ) { [self] in
                        try withPythonQueue(queue) { step in
                            _ = try step("fill", sizes.smallDrain)
                            return [try step("drain", sizes.smallDrain)]
                        }
                    }
                })
    }

    /// The same with more slots, with which the syncs of more jobs fall together.
    var drainBySlots: Measurement {
        Measurement(
            "slots", "Drain of /bin/true, by slots", unit: "jobs/s", isMoreBetter: true,
            [2, 8, 32].map { spoolDrain(.full, slots: $0) })
    }

    private func spoolDrain(_ sync: Job.SyncMode, slots: Int) -> Subject {
        Subject(
            "spool worker -j \(slots)", .spool, durability: "sync: \(sync.rawValue)"
        ) { [self] in
            try withWaitingTrue(sync) { path in
                let words = [spool, "worker", "-j", "\(slots)", "--until-empty"]
                return [Double(sizes.drain) / (try program(words, ["SPOOL_DIR": path]).run())]
            }
        }
    }

    /// Gives the body a spool in which jobs of `/bin/true` wait, and looks afterwards whether it has run them.
    func withWaitingTrue<Value>(
        _ sync: Job.SyncMode, _ body: (_ path: String) throws -> Value
    ) throws -> Value {
        let path = try freshSpool()
        defer { remove(path) }
        let one = job(["/bin/true"], sync)
        try submit(Array(repeating: one, count: sizes.drain), to: path)
        let value = try body(path)
        try requireDone(sizes.drain, in: path)
        return value
    }

    /// A figure counts only if the work was done.
    private func requireDone(_ count: Int, in path: String) throws {
        let directory = try Directory(path: path)
        let days = try directory.names(in: "done")
        let done = try days.reduce(0) { try $0 + directory.names(in: "done/" + $1).count }
        guard done == count else { throw BenchFailure("\(done) of \(count) jobs are done") }
    }

    private func rawDrain(_ sync: Job.SyncMode) -> Subject {
        let name = sync == .full ? "C, ends synced in groups, starts not" : "C, the same calls"
        let durability = "sync: \(sync.rawValue)"
        return Subject(name, .limit, durability: durability, needs: [limit]) { [self] in
            let path = freshPath("raw")
            defer { remove(path) }
            try program([limit, "bulk", path, "off", "\(sizes.drain)"]).run()
            settle()
            let time = try program([limit, "drain", path, sync.rawValue, "2"]).run()
            return [Double(sizes.drain) / time]
        }
    }

    /// Jobs that wait behind two that hold both slots until all are queued.
    private var taskSpoolerDrain: Subject {
        Subject("task-spooler -S 2", .peer, durability: "memory", needs: ["tsp"]) { [self] in
            try withTaskSpooler { variables in
                let gate = try Fifo(freshPath("gate"))
                try program(["tsp", "-S", "2"], variables).run()
                let hold = ["tsp", "-n", "sh", "-c", "read x < \(gate.path)"]
                for _ in 0..<2 { try program(hold, variables).run() }
                for _ in 0..<sizes.smallDrain {
                    try program(["tsp", "-n", "/bin/true"], variables).run()
                }
                let time = try seconds {
                    try gate.open(for: 2)
                    // Without a number: the job that was added last.
                    try program(["tsp", "-w"], variables).run(acceptsFailure: true)
                }
                return [Double(sizes.smallDrain) / time]
            }
        }
    }

    private var nqDrain: Subject {
        Subject("nq, two directories", .peer, durability: "no sync", needs: ["nq"]) { [self] in
            let gate = try Fifo(freshPath("gate"))
            let directories = [try freshDirectory("nq"), try freshDirectory("nq")]
            defer { directories.forEach(remove) }
            for directory in directories {
                let variables = ["NQDIR": directory]
                try program(["nq", "-q", "sh", "-c", "read x < \(gate.path)"], variables).run()
                for _ in 0..<sizes.smallDrain / 2 {
                    try program(["nq", "-q", "/bin/true"], variables).run()
                }
            }
            let time = try seconds {
                try gate.open(for: 2)
                for directory in directories {
                    try program(["nq", "-w"], ["NQDIR": directory]).run(acceptsFailure: true)
                }
            }
            return [Double(sizes.smallDrain / 2 * 2) / time]
        }
    }
}

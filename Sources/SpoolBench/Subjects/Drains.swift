import Spool
import SpoolSystem

/// Jobs of `/bin/true`, as many as a worker runs in a time.
struct Drains {
    let bench: BenchFixture

    /// Runs `/bin/true` for each of many waiting jobs.
    var drain: Measurement {
        Measurement(
            "drain", "Drain of /bin/true, two at a time", unit: "jobs/s", isMoreBetter: true,
            [Job.SyncMode.off, .full].flatMap { [spoolDrain($0, slots: 2), rawDrain($0)] } + [
                BenchSubject("spawn and wait alone", .limit, needs: [bench.limit]) { [self] in
                    [
                        Double(bench.sizes.drain)
                            / (try bench.program([
                                bench.limit, "spawn", "\(bench.sizes.drain)", "2",
                            ]).run())
                    ]
                },
                BenchSubject("xargs -P2", .peer, durability: "none", needs: ["xargs"]) { [self] in
                    let line = "seq \(bench.sizes.drain) | xargs -P2 -n1 /bin/true"
                    return [
                        Double(bench.sizes.drain)
                            / (try bench.program(["/bin/sh", "-c", line]).run())
                    ]
                },
                BenchSubject("GNU parallel -j2", .peer, durability: "none", needs: ["parallel"]) {
                    [self] in
                    let line = "seq \(bench.sizes.smallDrain) | parallel -j2 /bin/true"
                    return [
                        Double(bench.sizes.smallDrain)
                            / (try bench.program(["/bin/sh", "-c", line]).run())
                    ]
                },
                taskSpoolerDrain, nqDrain,
            ]
                + PythonQueue.allCases.map { queue in
                    BenchSubject(
                        queue.title + ", 2 workers", .peer, durability: queue.durability,
                        needs: [BenchFixture.python] + queue.needs
                    ) { [self] in
                        try bench.withPythonQueue(queue) { step in
                            _ = try step("fill", bench.sizes.smallDrain)
                            return [try step("drain", bench.sizes.smallDrain)]
                        }
                    }
                })
    }

    /// The same with more slots, with which the syncs of more jobs fall together.
    var bySlots: Measurement {
        Measurement(
            "slots", "Drain of /bin/true, by slots", unit: "jobs/s", isMoreBetter: true,
            [2, 8, 32].map { spoolDrain(.full, slots: $0) })
    }

    private func spoolDrain(_ sync: Job.SyncMode, slots: Int) -> BenchSubject {
        BenchSubject(
            "spool worker -j \(slots)", .spool, durability: "sync: \(sync.rawValue)"
        ) { [self] in
            try bench.withWaitingTrue(sync) { path in
                let words = [bench.spool, "worker", "-j", "\(slots)", "--until-empty"]
                return [
                    Double(bench.sizes.drain)
                        / (try bench.program(words, ["SPOOL_DIR": path]).run())
                ]
            }
        }
    }

    private func rawDrain(_ sync: Job.SyncMode) -> BenchSubject {
        let name = sync == .full ? "C, ends synced in groups, starts not" : "C, the same calls"
        let durability = "sync: \(sync.rawValue)"
        return BenchSubject(name, .limit, durability: durability, needs: [bench.limit]) { [self] in
            let path = bench.freshPath("raw")
            defer { bench.remove(path) }
            try bench.program([bench.limit, "bulk", path, "off", "\(bench.sizes.drain)"]).run()
            bench.settle()
            let time = try bench.program([bench.limit, "drain", path, sync.rawValue, "2"]).run()
            return [Double(bench.sizes.drain) / time]
        }
    }

    /// Jobs that wait behind two that hold both slots until all are queued.
    private var taskSpoolerDrain: BenchSubject {
        BenchSubject("task-spooler -S 2", .peer, durability: "memory", needs: ["tsp"]) { [self] in
            try bench.withTaskSpooler { variables in
                let gate = try Fifo(bench.freshPath("gate"))
                try bench.program(["tsp", "-S", "2"], variables).run()
                let hold = ["tsp", "-n", "sh", "-c", "read x < \(gate.path)"]
                for _ in 0..<2 { try bench.program(hold, variables).run() }
                for _ in 0..<bench.sizes.smallDrain {
                    try bench.program(["tsp", "-n", "/bin/true"], variables).run()
                }
                let time = try bench.seconds {
                    try gate.open(for: 2)
                    // Without a number: the job that was added last.
                    try bench.program(["tsp", "-w"], variables).run(acceptsFailure: true)
                }
                return [Double(bench.sizes.smallDrain) / time]
            }
        }
    }

    private var nqDrain: BenchSubject {
        BenchSubject("nq, two directories", .peer, durability: "no sync", needs: ["nq"]) { [self] in
            let gate = try Fifo(bench.freshPath("gate"))
            let directories = [try bench.freshDirectory("nq"), try bench.freshDirectory("nq")]
            defer { directories.forEach(bench.remove) }
            for directory in directories {
                let variables = ["NQDIR": directory]
                try bench.program(["nq", "-q", "sh", "-c", "read x < \(gate.path)"], variables)
                    .run()
                for _ in 0..<bench.sizes.smallDrain / 2 {
                    try bench.program(["nq", "-q", "/bin/true"], variables).run()
                }
            }
            let time = try bench.seconds {
                try gate.open(for: 2)
                for directory in directories {
                    try bench.program(["nq", "-w"], ["NQDIR": directory]).run(acceptsFailure: true)
                }
            }
            return [Double(bench.sizes.smallDrain / 2 * 2) / time]
        }
    }
}

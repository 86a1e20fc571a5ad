import Spool
import SpoolSystem

/// Output of commands, as it goes into a log.
struct Outputs {
    let bench: BenchFixture

    /// The output of a job in long lines, from its start to its end.
    var longLines: Measurement {
        pump("log", "Output of a job, lines of 4 KiB", unit: "MiB/s", length: 4096, per: 1_048_576)
    }

    var shortLines: Measurement {
        pump(
            "lines", "Output of a job, lines of 80 bytes", unit: "million lines/s", length: 80,
            per: 80_000_000)
    }

    private func pump(
        _ name: String, _ title: String, unit: String, length: Int, per: Double
    ) -> Measurement {
        let bytes = bench.sizes.outputBytes
        let amount = Double(bytes) / per
        let blast = [bench.limit, "blast", "\(bytes)", "\(length)"]
        return Measurement(
            name, title, unit: unit, isMoreBetter: true,
            [
                BenchSubject("spool", .spool, durability: "not synced", needs: [bench.limit]) {
                    [self] in
                    let path = try bench.freshSpool()
                    defer { bench.remove(path) }
                    var wanted = bench.job(blast, .off)
                    var limits = Job.Limits()
                    limits.output = Job.ByteCount(Int64(bytes) * 2)
                    wanted.limits = limits
                    try bench.submit([wanted], to: path)
                    let words = [bench.spool, "worker", "-j", "1", "--until-empty"]
                    let time = try bench.program(words, ["SPOOL_DIR": path]).run()
                    try requireLogged(bytes, in: path)
                    return [amount / time]
                },
                BenchSubject(
                    "cat to a file", .limit, durability: "not synced", needs: [bench.limit]
                ) {
                    [self] in
                    let file = bench.freshPath("output")
                    defer { bench.remove(file) }
                    let line = "\(blast.joined(separator: " ")) | cat > \(file)"
                    bench.settle()
                    return [amount / (try bench.program(["/bin/sh", "-c", line]).run())]
                },
                BenchSubject(
                    "task-spooler", .peer, durability: "not synced", needs: ["tsp", bench.limit]
                ) {
                    [self] in
                    try bench.withTaskSpooler { variables in
                        bench.settle()
                        let time = try bench.seconds {
                            try bench.program(["tsp"] + blast, variables).run()
                            try bench.program(["tsp", "-w"], variables).run(acceptsFailure: true)
                        }
                        return [amount / time]
                    }
                },
            ])
    }

    /// The log holds all of it, and something for each line.
    private func requireLogged(_ bytes: Int, in path: String) throws {
        let directory = try Directory(path: path)
        for day in try directory.names(in: "logs") {
            for name in try directory.names(in: "logs/" + day) {
                let size = try directory.status(of: "logs/\(day)/\(name)")?.size ?? 0
                if size > bytes { return }
            }
        }
        throw BenchFailure("the log is shorter than what was printed")
    }
}

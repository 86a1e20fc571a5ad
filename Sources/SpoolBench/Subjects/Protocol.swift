import Spool
import SpoolRunner
import SpoolSystem
import SpoolTime

/// The work of the store alone.
struct ProtocolCost {
    let bench: BenchFixture

    /// The work of the store for a job, without any process.
    var measurement: Measurement {
        Measurement(
            "protocol", "Submit, claim, start and end, no command", unit: "jobs/s",
            isMoreBetter: true,
            [
                BenchSubject("the library", .spool, durability: "sync: off") { [self] in
                    let path = try bench.freshSpool()
                    defer { bench.remove(path) }
                    let spool = try SpoolDirectory(at: path)
                    bench.settle()
                    let time = try bench.seconds {
                        for _ in 0..<bench.sizes.turnovers { try turnOver(spool) }
                    }
                    return [Double(bench.sizes.turnovers) / time]
                },
                BenchSubject(
                    "C, the same calls", .limit, durability: "sync: off", needs: [bench.limit]
                ) {
                    [self] in
                    let path = bench.freshPath("raw")
                    defer { bench.remove(path) }
                    let time = try bench.program([
                        bench.limit, "turn", path, "\(bench.sizes.turnovers)",
                    ]).run()
                    return [Double(bench.sizes.turnovers) / time]
                },
            ])
    }

    private func turnOver(_ spool: SpoolDirectory) throws {
        let wanted = bench.job(["/bin/true"], .off)
        let id = try spool.submit(wanted)
        let location = JobLocation.incoming(
            id, queue: wanted.effectiveQueue, wanted.effectivePriority)
        let offer = WorkerOffer(slots: 1, capabilities: [])
        guard
            case .claimed(let locked) = try Claim(spool.storage).claim(
                location, for: offer, freeSlots: 1)
        else {
            throw BenchFailure("\(id) could not be claimed")
        }
        let attempt = Attempt(
            number: 1, worker: "bench", host: Host.name, bootID: Host.bootID,
            runner: .own(), command: nil, startedAt: spool.storage.now())
        guard try Start(spool.storage).start(locked, attempt) else {
            throw BenchFailure("\(id) is gone")
        }
        guard var ended = locked.job.attempts?.popLast() else { return }
        ended.outcome = .completed
        ended.exitCode = 0
        ended.finishedAt = spool.storage.now()
        locked.job.attempts = [ended]
        guard try Finish(spool.storage).finish(locked, .finish, random: 0) == .moved else {
            throw BenchFailure("\(id) could not be finished")
        }
    }
}

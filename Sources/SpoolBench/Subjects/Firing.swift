import Spool
import SpoolSchedule
import SpoolSystem

/// The times of expressions.
struct Firing {
    let bench: BenchFixture

    /// When an expression is due next, over a mix with rare ones.
    var measurement: Measurement {
        Measurement(
            "next", "Next time of an expression", unit: "µs", isMoreBetter: false,
            [
                BenchSubject("SpoolSchedule", .spool) { [self] in
                    let schedules = try Firing.expressions.map {
                        Schedule(try CronExpression($0), in: .utc)
                    }
                    let times = bench.sizes.turnovers
                    var sum: Int64 = 0
                    let time = try bench.seconds {
                        for turn in 0..<times {
                            let from = Firing.firstSecond + Int64(turn) * 86_399
                            for schedule in schedules {
                                let after = Instant(microseconds: from * 1_000_000)
                                guard let next = schedule.next(after: after) else {
                                    throw BenchFailure("an expression is never due")
                                }
                                sum &+= next.seconds
                            }
                        }
                    }
                    guard sum > 0 else { throw BenchFailure("no times came") }
                    return [time * 1e6 / Double(times * schedules.count)]
                },
                pythonFiring(
                    "croniter",
                    "from croniter import croniter\nnext_of = lambda e, t: croniter(e, t).get_next(float)"
                ),
                pythonFiring(
                    "cronsim",
                    "from cronsim import CronSim\nfrom datetime import datetime, timezone\n"
                        + "next_of = lambda e, t: next(CronSim(e, datetime.fromtimestamp(t, timezone.utc)))"
                ),
            ])
    }

    private static let expressions = [
        "* * * * *", "*/5 * * * *", "17 * * * *", "30 2 * * *", "0 9-17 * * 1-5", "0 0 1 * *",
        "0 4 8-14 * 6", "15 10 1,15 * *", "0 0 29 2 *", "59 23 31 12 *",
    ]
    /// 2026-01-01T00:00:00Z.
    private static let firstSecond: Int64 = 1_767_225_600

    private func pythonFiring(_ name: String, _ definition: String) -> BenchSubject {
        BenchSubject(name, .peer, needs: [BenchFixture.python]) { [self] in
            let list = Firing.expressions.map { "\"\($0)\"" }.joined(separator: ",")
            let times = max(20, bench.sizes.turnovers / 50)
            let script = """
                import time
                \(definition)
                expressions = [\(list)]
                begin = time.monotonic()
                for turn in range(\(times)):
                    for expression in expressions:
                        next_of(expression, \(Firing.firstSecond) + turn * 86399)
                print((time.monotonic() - begin) * 1e6 / (\(times) * len(expressions)))
                """
            let text = try bench.program([BenchFixture.python, "-c", script]).output()
            guard let time = Double(text.filter { !$0.isWhitespace }) else {
                throw BenchFailure("\(name): no figure came; install-peers.sh installs it")
            }
            return [time]
        }
    }
}

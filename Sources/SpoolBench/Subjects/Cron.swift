import Glibc
import Spool
import SpoolSystem
import SpoolTime

/// Crontabs with many entries.
struct Crontabs {
    let bench: BenchFixture

    /// From the start of a scheduler until it has looked at every entry, in a spool that doesn't know them.
    var load: Measurement {
        Measurement(
            "load", "Load of \(bench.sizes.entries) crontab entries, whole process", unit: "ms",
            isMoreBetter: false,
            [
                BenchSubject("spool scheduler --once", .spool) { [self] in
                    let path = try spoolWithCrontab(crontab)
                    defer { bench.remove(path) }
                    return [
                        try bench.program(
                            [bench.spool, "scheduler", "--once"], ["SPOOL_DIR": path]
                        ).run()
                            * 1e3
                    ]
                },
                pythonLoad("croniter, expressions alone", "from croniter import croniter as read"),
                pythonLoad(
                    "cronsim, expressions alone",
                    "from cronsim import CronSim\nfrom datetime import datetime\n"
                        + "now = datetime.now()\nread = lambda line: CronSim(line, now)"),
            ])
    }

    /// From the second of a slot to the news of its job in incoming/.
    var slotDelay: Measurement {
        Measurement(
            "slot", "Slot to job in incoming/", unit: "µs", isMoreBetter: false, showsTail: true,
            [
                slotSubject("10 entries a second", ""),
                slotSubject("10 entries a second, among \(bench.sizes.entries)", crontab),
            ])
    }

    private func slotSubject(_ name: String, _ others: String) -> BenchSubject {
        BenchSubject(name, .spool, durability: "sync: off") { [self] in
            let due = (0..<10).map {
                #"* * * * * * {"name":"due\#($0)","command":"true","sync":"off"}"# + "\n"
            }
            // No job of theirs ever ends.
            let path = try spoolWithCrontab(
                others + "OVERLAP=allow\nSECONDS=yes\n" + due.joined())
            defer { bench.remove(path) }
            let watch = try DirectoryWatch()
            _ = try watch.watch(path + "/incoming", .appearing)
            let scheduler = try bench.program([bench.spool, "scheduler"], ["SPOOL_DIR": path])
                .start()
            // The figures stand, however the process ends.
            defer { try? scheduler.stop() }
            var came: [(name: String, at: Int64)] = []
            while came.count < 10 * (bench.sizes.slots + 1) {
                var ready = pollfd(fd: watch.number, events: Int16(POLLIN), revents: 0)
                guard try systemCall({ poll(&ready, 1, 60_000) }) > 0 else {
                    throw BenchFailure("no slots came")
                }
                let changes = try watch.read()
                let now = Clock.realtime()
                came += changes.map { ($0.name, now) }
            }
            return try delays(of: came, in: path)
        }
    }

    /// But those of the first second: the scheduler has begun within it.
    private func delays(of came: [(name: String, at: Int64)], in path: String) throws -> [Double] {
        let delays = try came.map { job in
            let bytes = ProcessTable.contents(of: "\(path)/incoming/\(job.name)") ?? []
            guard let slot = try Job(json: bytes).cron?.slot else {
                throw BenchFailure("\(job.name) has no slot")
            }
            return (slot: slot, delay: Double(job.at) / 1e3 - Double(slot.microseconds))
        }
        guard let first = delays.map(\.slot).min() else { return [] }
        return delays.filter { $0.slot > first }.map(\.delay)
    }

    /// Entries at every minute of the day, none of which is due soon.
    private var crontab: String {
        var calendar = ""
        for number in 0..<bench.sizes.entries {
            let time = "\(number % 60) \(number / 60 % 24)"
            calendar += time + " \(1 + number % 28) \(1 + number % 12) * true \(number)\n"
        }
        return calendar
    }

    private func spoolWithCrontab(_ text: String) throws -> String {
        let path = try bench.freshSpool()
        try ProgramFile.write(text, to: path + "/crontab")
        bench.settle()
        return path
    }

    private func pythonLoad(_ name: String, _ definition: String) -> BenchSubject {
        BenchSubject(name, .peer, needs: [BenchFixture.python]) { [self] in
            let file = bench.freshPath("crontab")
            try ProgramFile.write(crontab, to: file)
            defer { unlink(file) }
            let script = """
                \(definition)
                entries = [read(" ".join(line.split()[:5])) for line in open("\(file)")]
                assert len(entries) == \(bench.sizes.entries)
                """
            return [try bench.program([BenchFixture.python, "-c", script]).run() * 1e3]
        }
    }
}

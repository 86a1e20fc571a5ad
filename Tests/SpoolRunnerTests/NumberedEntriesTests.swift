import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// Entries of one name in several files, whose names get and lose their numbers: no slot runs twice for that.
struct NumberedEntriesTests {
    private func bench(_ catchUp: String) throws -> SchedulerBench {
        let bench = try SchedulerBench("")
        try bench.directory.write("cron.d/m", text("*/10 * * * *", catchUp))
        try bench.reload()
        return bench
    }

    private func text(_ schedule: String, _ catchUp: String) -> String {
        "CRON_TZ=UTC\nOVERLAP=allow\nCATCH_UP=\(catchUp)\n\(schedule) \(entryJob("n"))\n"
    }

    private func expectOnce(_ bench: SchedulerBench, through last: Int) throws {
        let expected = Array(stride(from: 10, through: last, by: 10))
        #expect(try bench.slots().sorted() == expected)
    }

    @Test(arguments: ["last", "all"], [false, true])
    func anotherFileGetsAnEntryOfTheName(_ catchUp: String, isRestarted: Bool) throws {
        let bench = try bench(catchUp)
        try bench.run(to: 45)
        if isRestarted { bench.stop() }
        try bench.write(
            "OVERLAP=allow\nCATCH_UP=\(catchUp)\n0 0 1 1 * \(entryJob("n"))")
        if isRestarted { try bench.restart() } else { try bench.reload() }
        try bench.run(to: 65)
        try expectOnce(bench, through: 60)
        try bench.restart()
        try expectOnce(bench, through: 60)
    }

    @Test(arguments: ["last", "all"], [false, true])
    func theOtherEntryOfTheNameGoes(_ catchUp: String, isRestarted: Bool) throws {
        let bench = try SchedulerBench("")
        try bench.directory.write("cron.d/a", text("0 0 1 1 *", catchUp))
        try bench.directory.write("cron.d/m", text("*/10 * * * *", catchUp))
        try bench.reload()
        try bench.run(to: 45)
        if isRestarted { bench.stop() }
        FileTree.remove(bench.directory["cron.d/a"])
        if isRestarted {
            try bench.restart()
        } else {
            try bench.reload()
            bench.pass(.seconds(3))
            try bench.reload()
        }
        try bench.run(to: 65)
        try expectOnce(bench, through: 60)
        try bench.restart()
        try expectOnce(bench, through: 60)
    }

    /// To a name before and behind it, while a slot comes.
    @Test(arguments: ["a", "z"], ["last", "all"])
    func itsFileIsRenamed(_ name: String, _ catchUp: String) throws {
        let bench = try bench(catchUp)
        try bench.run(to: 40)
        bench.pass(.milliseconds(599_500))
        try bench.tick()
        try bench.directory.rename("cron.d/m", to: "cron.d/" + name)
        try bench.reload()
        bench.pass(.milliseconds(600))
        try bench.tick()
        try bench.run(to: 65)
        try expectOnce(bench, through: 60)
        #expect(try bench.jobs().allSatisfy { $0.cron?.entry == "n" })
    }
}

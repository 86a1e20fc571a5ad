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

    /// Days of no scheduler pass, and its slots are missed meanwhile.
    private func miss(_ bench: SchedulerBench, _ change: () throws -> Void) throws {
        bench.stop()
        bench.pass(.seconds(2 * 86_400))
        try change()
        try bench.restart()
    }

    private static let daily =
        "CRON_TZ=UTC\nOVERLAP=allow\nCATCH_UP=last\n0 3 * * * \(entryJob("n"))\n"

    /// What becomes of the other entry of its name takes no slot from it.
    @Test(arguments: ["edited", "added", "removed", "same"])
    func itsMissedSlotsStay(_ change: String) throws {
        let yearly = "OVERLAP=allow\n0 5 1 1 * \(entryJob("n"))"
        let bench = try SchedulerBench(change == "added" ? "" : yearly)
        try bench.directory.write("cron.d/m", Self.daily)
        try bench.reload()
        try miss(bench) {
            switch change {
            case "edited": try bench.write("OVERLAP=allow\n0 6 1 1 * \(entryJob("n"))")
            case "added": try bench.write(yearly)
            case "removed": try bench.write("")
            default: break
            }
        }
        let name = change == "removed" ? "n" : "n-2"
        #expect(try bench.jobs().map { $0.cron?.entry } == [name])
        try bench.restart()
        #expect(try bench.jobs().map { $0.cron?.entry } == [name])
    }

    /// Another file that was there all along takes nothing over.
    @Test func aFileThatIsAwayForAMomentKeepsItsSlots() throws {
        let bench = try SchedulerBench("")
        for (file, command) in [("a", "one"), ("b", "two")] {
            let job = "{\"command\": \"\(command)\", \"name\": \"n\"}"
            try bench.directory.write(
                "cron.d/" + file, "CRON_TZ=UTC\nOVERLAP=allow\n*/10 * * * * \(job)\n")
        }
        try bench.reload()
        try bench.run(to: 9)
        bench.pass(.milliseconds(59_500))
        try bench.directory.rename("cron.d/a", to: "away")
        try bench.reload()
        bench.pass(.milliseconds(600))
        try bench.tick()
        try bench.directory.rename("away", to: "cron.d/a")
        try bench.reload()
        try bench.run(to: 12)
        let commands = try bench.jobs().map { "\($0.command as Any)" }.sorted()
        #expect(commands.count == 2 && commands[0] != commands[1], "\(commands)")
    }

    /// The user has called it so: its slots are no other entry's.
    @Test func aNameThatEndsInANumberIsItsOwn() throws {
        let bench = try SchedulerBench(
            "OVERLAP=allow\nCATCH_UP=all\n*/10 * * * * \(entryJob("n", ", \"queue\": \"q\""))\n"
                + "*/5 * * * * \(entryJob("n-2"))")
        FileTree.remove(bench.directory["incoming/q"])
        try bench.directory.write("incoming/q", "in the way")
        try bench.run(to: 31)
        try bench.write(
            "OVERLAP=allow\nCATCH_UP=all\n*/10 * * * * \(entryJob("n", ", \"queue\": \"q\""))")
        try bench.reload()
        FileTree.remove(bench.directory["incoming/q"])
        try bench.run(to: 40)
        #expect(try bench.slots("incoming/q").sorted() == [10, 20, 30, 40])
    }

    /// The name of a marker holds a part of it.
    @Test(arguments: [4, 130])
    func aSlotOfALongNameRunsOnce(_ length: Int) throws {
        let name = String(repeating: "n", count: length)
        func text(_ schedule: String) -> String {
            "CRON_TZ=UTC\nOVERLAP=allow\nCATCH_UP=last\n\(schedule) \(entryJob(name))\n"
        }
        let bench = try SchedulerBench("OVERLAP=allow\n0 5 1 1 * \(entryJob(name))")
        try bench.directory.write("cron.d/m", text("*/10 * * * *"))
        try bench.reload()
        try bench.run(to: 15)
        try bench.write("")
        try bench.restart()
        #expect(try bench.slots() == [10])
        try bench.run(to: 20)
        #expect(try bench.slots().sorted() == [10, 20])
    }
}

import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolCommand

/// The names of fields in `spool status --json`.
enum OverviewFields {
    static let all: Set<String> = Set(Overview.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Worker.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Slots.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Scheduler.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Paused.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Oldest.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Disk.CodingKeys.allCases.map(\.rawValue))
        .union(Overview.Problem.CodingKeys.allCases.map(\.rawValue))
}

/// `spool` and `spool status` without a job: the whole spool in short.
struct OverviewTests {
    private func overview(_ spool: TemporarySpool) throws -> [String: JSONValue] {
        let result = try spool.run("status", "--json")
        #expect(result.status == 0, "\(result.errorText)")
        return try #require(try spool.objects(result.text).first)
    }

    private func codes(_ overview: [String: JSONValue]) throws -> [String] {
        guard case .array(let problems) = overview["problems"] else { return [] }
        return problems.compactMap {
            guard case .object(let fields) = $0, case .string(let code) = fields["code"] else {
                return nil
            }
            return code
        }
    }

    @Test func whatWasRejectedCountsAsDead() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        try spool.drop("a.json", "{")
        try spool.wait("it is rejected") { try spool.names("dead-letter").contains("a.json") }
        #expect(try spool.run("status").text.contains("jobs:        1 dead\n"))
    }

    @Test func countsWhatThereIs() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "false")
        _ = try spool.submit("--", "true")
        try spool.runWorker("-j", "1")
        let oldest = try spool.submit("-n", "first", "--", "true")
        let last = try spool.submit("-q", "video", "-n", "second", "--", "true")
        _ = try spool.submit("-d", "1h", "--", "true")
        _ = try spool.submit("--hold", "--", "true")
        try spool.drop("raw.json", "{\"command\": \"true\"}")
        let shown = try overview(spool)
        #expect(
            shown["jobs"]
                == .object([
                    "queued": 3, "scheduled": 1, "blocked": 0, "held": 1, "running": 0,
                    "completed": 1, "failed": 1, "dead": 0,
                ]))
        #expect(shown["failures_today"] == 1)
        #expect(shown["slots"] == .object(["used": 0, "total": 0]))
        guard case .object(let waiting) = shown["oldest"] else {
            Issue.record("no oldest job in \(shown)")
            return
        }
        #expect(waiting["id"] == .string(oldest) && waiting["title"] == "first")
        #expect(try codes(shown) == ["no-worker"])
        #expect(last != oldest)
        let page = try spool.run("status").text
        #expect(
            page.contains("jobs:        3 queued, 1 scheduled, 1 held, 1 completed, 1 failed\n"))
        #expect(page.contains("workers:     none\n"))
        #expect(page.contains("failed:      1 today"))
        #expect(page.contains("wrong:       3 jobs wait, and no worker is running"))
        // What each has always shown comes after it.
        #expect(page.contains("\n\njob:         "))
        let both = try spool.run()
        #expect(both.text.hasPrefix("spool:       \(spool.path)\n"))
        #expect(both.text.contains("\n\nID "))
        #expect(try !spool.run("list").text.contains("workers:"))
    }

    @Test func anEmptySpoolIsNoError() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let alone = try spool.run()
        #expect(alone.status == 0 && alone.text.contains("jobs:        none\n"))
        let page = try spool.run("status")
        #expect(page.status == 0 && !page.text.contains("wrong:"), "\(page.text)")
        #expect(try spool.run("status", "--all").status == 64)
        #expect(try overview(spool)["last"] == nil)
    }

    @Test func saysWhoWorksAndWhatNobodyServes() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        let worker = try spool.startWorker("-j", "3", "-q", "default")
        let running = try spool.submit("--slots", "2", "-c", "read line < gate")
        try spool.wait(for: running, in: .running)
        _ = try spool.submit("-q", "video", "--require", "gpu", "--", "true")
        let shown = try overview(spool)
        #expect(shown["slots"] == .object(["used": 2, "total": 3]))
        #expect(try codes(shown) == ["unserved", "unoffered"])
        guard case .array(let workers) = shown["workers"], case .object(let own) = workers.first
        else {
            Issue.record("no worker in \(shown)")
            return
        }
        #expect(own["pid"] == .integer(Int64(worker.pid)))
        #expect(own["queues"] == .array(["default"]))
        let page = try spool.run("status").text
        #expect(page.contains("1 (pid \(worker.pid) for default), 2 of 3 slots used"))
        #expect(try spool.run("pause", "video").status == 0)
        let paused = try overview(spool)
        #expect(paused["paused"] == .object(["all": false, "queues": .array(["video"])]))
        #expect(try codes(paused) == ["unoffered"])
    }

    /// What two workers offer between them, none of them does.
    @Test func eachWorkerOffersForItself() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1", "--offer", "a")
        try spool.startWorker("-j", "1", "--offer", "b")
        let id = try spool.submit("--require", "a", "--require", "b", "--", "true")
        #expect(try codes(overview(spool)) == ["unoffered"])
        #expect(try spool.run("status").text.contains("\(id) requires a, b, and no worker"))
    }

    /// Beside it lies a note, which is in nobody's way.
    @Test func saysWhichQueueCanHaveNoDirectory() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("incoming/notes.txt", "")
        #expect(try codes(overview(spool)).isEmpty)
        try spool.write("incoming/backup", #"{"command": "true"}"#)
        #expect(try codes(overview(spool)) == ["blocked-queue"])
        let page = try spool.run("status").text
        #expect(page.contains("wrong:       incoming/backup is no directory"), "\(page)")
    }

    @Test func saysWhatIsWrongWithFilesAndSchedules() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("settings.json", "{\"slots\": 0}")
        try spool.write("crontab", "0 0 * * * true\n")
        #expect(try codes(overview(spool)) == ["no-scheduler", "bad-settings"])
        try spool.write("crontab", "0 0 * * true\n99 0 * * * true\n")
        #expect(try codes(overview(spool)) == ["bad-crontab", "bad-settings"])
    }

    /// A daemon is a scheduler, too.
    @Test func startsWithOneAdvice() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        func advice() throws -> [Substring] {
            try spool.run("status").text.split(separator: "\n").filter { $0.hasPrefix("wrong:") }
                .map { $0.suffix(14) }
        }
        #expect(try advice() == ["'spool worker'"])
        #expect(try spool.run("status", id).text.contains("none is running ('spool worker')"))
        try spool.write("crontab", "0 0 * * * true\n")
        #expect(try advice() == ["'spool daemon'", "'spool daemon'"])
    }

    @Test func tellsWhatADrainingWorkerStillRuns() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "1", "-q", "backup", "--drain")
        let id = try spool.submit("-q", "backup", "-c", "read line < gate")
        try spool.wait(for: id, in: .running)
        worker.signal(15)
        try spool.wait("it drains") { try spool.open().workers().isEmpty }
        #expect(
            try spool.run("status").text.contains(
                "workers:     1 (pid \(worker.pid) for backup, draining), 1 job still runs\n"))
        try gate.open()
        _ = try worker.wait()
    }

    @Test func findsAJobWithoutItsRunner() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "read line < gate")
        try spool.wait(for: id, in: .running)
        try spool.wait("its command runs") {
            try spool.job(id).attempts?.last?.command != nil
        }
        spool.killProcesses()
        try spool.wait("its runner is missed") {
            try codes(overview(spool)).contains("dead-runner")
        }
    }

    /// Names alone tell what there is, however many there are.
    @Test func takesOneLookAtAMillionNames() throws {
        let spool = try TemporarySpool()
        let directory = try spool.open()
        let count = 5000
        let ids = (0..<count).map { index in
            JobIDGenerator().make(at: Instant(milliseconds: 1_700_000_000_000 + Int64(index)))
        }
        for id in ids.shuffled() {
            try spool.write("incoming/5-\(id).json", "{\"command\": \"true\"}")
        }
        let census = try JobCounts(directory.storage).census()
        #expect(census[.incoming] == count)
        #expect(census.queued == ["default": count])
        #expect(census.oldest?.id == ids.first)
        #expect(census.newest.map(\.id) == ids.suffix(100).reversed())
        let window = try JobCounts(directory.storage).window(
            of: [(.incoming, nil)], limit: 3, isNewestFirst: false)
        #expect(window.count == count)
        #expect(window.first.map(\.id) == Array(ids.prefix(3)))
    }
}

/// What a census keeps of what failed.
struct FailedCensusTests {
    @Test func keepsTheNewestThatFailed() throws {
        let spool = try TemporarySpool()
        let directory = try spool.open()
        let count = Census.failedLimit + 3
        let ids = (0..<count).map { index in
            JobIDGenerator().make(at: Instant(milliseconds: 1_700_000_000_000 + Int64(index)))
        }
        for id in ids.shuffled() { try spool.write("failed/\(id).json", "{}") }
        let census = try JobCounts(directory.storage).census()
        #expect(census[.failed] == count)
        #expect(census.failed.map(\.id) == ids.suffix(Census.failedLimit).reversed())
    }
}

/// Several jobs of one name, as a recurring entry makes them.
struct NamesakeTests {
    @Test func showsTheNewestAndSaysSo() throws {
        let spool = try TemporarySpool()
        var ids: [String] = []
        for text in ["one", "two", "three"] {
            ids.append(try spool.submit("-n", "backup", "--", "echo", text))
        }
        try spool.runWorker("-j", "1")
        let shown = try spool.run("logs", "backup")
        #expect(shown.status == 0 && shown.text == "three\n")
        #expect(shown.errorText.contains("\"backup\" fits 3 jobs; this is the newest, \(ids[2])"))
        #expect(try spool.run("logs", "--nth", "3", "backup").text == "one\n")
        let labelled = zip(ids, ["one", "two", "three"]).map { "\($0.suffix(6)) | \($1)\n" }
        #expect(try spool.run("logs", "--all", "backup").text == labelled.joined())
        #expect(try spool.run("status", "backup").text.contains("job:         \(ids[2])"))
        let all = try spool.objects(spool.run("status", "--json", "--all", "backup").text)
        #expect(all.map { $0["id"] } == ids.map { .string($0) })
        #expect(try spool.run("logs", "-f", "backup").text == "three\n")
        let none = try spool.run("status", "--nth", "4", "backup")
        #expect(none.status == 66 && none.errorText.contains("fits 3 jobs"))
        // What changes a job must mean it.
        for verb in ["retry", "clean", "cancel"] {
            let result = try spool.run(verb, "backup")
            #expect(result.status == 64 && result.errorText.contains("fits 3 jobs"), "\(verb)")
        }
        #expect(try spool.run("status", "--all", "--nth", "1", "backup").status == 64)
        #expect(try spool.run("logs", "--nth", "1").status == 64)
    }

    /// Its jobs may have a name of their own, and another entry the same.
    @Test func anEntryNamesItsJobs() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("crontab", "@daily echo hourly\n")
        let list = try spool.objects(spool.run("cron", "list", "--json").text)
        guard case .string(let name) = list.first?["name"] else {
            Issue.record("no entry in \(list)")
            return
        }
        for _ in 0..<2 { #expect(try spool.run("cron", "run", name).status == 0) }
        try spool.runWorker("-j", "1")
        let shown = try spool.run("logs", name)
        #expect(shown.text == "hourly\n" && shown.errorText.contains("fits 2 jobs"))
    }
}

import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// What is old and belongs to no job.
struct CleanTests {
    /// The same spool, so many days later.
    private func spool(_ temporary: TemporarySpool, after days: Int64) throws -> SpoolDirectory {
        try SpoolDirectory(
            at: temporary.path, rules: AdmissionRules(),
            now: { Instant(nanoseconds: Clock.realtime()) + .seconds(days * 86_400) })
    }

    @Test func onlyOldLogsWithoutAJobAreOrphans() throws {
        let temporary = try TemporarySpool()
        let now = try temporary.open()
        let (kept, gone) = (
            try now.submit(Job(command: .shell("true"))),
            now.storage.ids.make(at: now.storage.now())
        )
        for id in [kept, gone] { try JobLogs(now.storage).open(of: id).write("x") }
        try temporary.write("logs/daemon.log", "x")
        try temporary.write("logs/2026-01-01x", "x")
        let orphan = JobLogs.path(of: gone)
        #expect(
            try Clean(now.storage).orphanLogs(olderThan: .zero).isEmpty,
            "it may be about to get a job")
        let later = try spool(temporary, after: 8)
        #expect(try Clean(later.storage).orphanLogs(olderThan: .seconds(7 * 86_400)) == [orphan])
        #expect(try Clean(later.storage).orphanLogs(olderThan: .seconds(9 * 86_400)).isEmpty)
        try Clean(later.storage).removeRecord(orphan)
        #expect(try Clean(later.storage).orphanLogs(olderThan: .zero).isEmpty)
        #expect(temporary.exists(JobLogs.path(of: kept)))
    }

    @Test func theHistoryOfOldDaysIsOld() throws {
        let temporary = try TemporarySpool()
        let now = try temporary.open()
        _ = try now.submit(Job(command: .shell("true")))
        let today = "history/\(now.storage.now().day).ndjson"
        try temporary.write("history/2026-01-01.ndjson", "{}\n")
        try temporary.write("history/notes.txt", "mine")
        #expect(
            try Clean(now.storage).oldHistory(olderThan: .zero) == ["history/2026-01-01.ndjson"])
        let next = try spool(temporary, after: 1)
        #expect(
            try Clean(next.storage).oldHistory(olderThan: .seconds(86_400)).count == 1,
            "it has just ended")
        #expect(
            try Clean(spool(temporary, after: 2).storage).oldHistory(olderThan: .seconds(86_400))
                == ["history/2026-01-01.ndjson", today])
    }

    @Test func daysThatHoldNothingGo() throws {
        let temporary = try TemporarySpool()
        let now = try temporary.open()
        let yesterday = (now.storage.now() + .seconds(-86_400)).day
        let staying = [
            "done/\(now.storage.now().day)", "logs/\(now.storage.now().day)", "done/\(yesterday)",
        ]
        for day in staying + ["done/2020-01-01", "logs/2020-01-01", "done/2020-01-02", "done/x"] {
            try now.storage.root.makeDirectory(day)
        }
        try temporary.write("done/2020-01-02/note", "mine")
        #expect(try temporary.run("clean", "--dry-run").status == 0)
        #expect(temporary.exists("done/2020-01-01"))
        #expect(try temporary.run("clean").status == 0)
        for day in staying + ["done/2020-01-02/note", "done/x"] {
            #expect(temporary.exists(day), "\(day)")
        }
        for day in ["done/2020-01-01", "logs/2020-01-01"] {
            #expect(!temporary.exists(day), "\(day)")
        }
    }

    @Test func cleanRemovesThem() throws {
        let temporary = try TemporarySpool()
        #expect(try temporary.run("init").status == 0)
        try temporary.write("history/2020-01-01.ndjson", "{}\n")
        let dry = try temporary.run("clean", "--dry-run")
        #expect(dry.text == "history/2020-01-01.ndjson\n")
        #expect(dry.errorText.contains("1 day of history would be removed"))
        #expect(try temporary.run("clean", "--queue", "x").status == 0)
        #expect(temporary.exists("history/2020-01-01.ndjson"), "that was about jobs")
        #expect(try temporary.run("clean", "--history", "1000w").status == 0)
        #expect(try temporary.run("clean").errorText.contains("1 day of history removed"))
        #expect(!temporary.exists("history/2020-01-01.ndjson"))
    }
}

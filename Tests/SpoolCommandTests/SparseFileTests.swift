import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Files of a terabyte that take no room: their holes are passed over, or they are refused by their size.
struct SparseFileTests {
    private func stretch(_ path: String) throws {
        if !FileTree.exists(path) { try FileTree.write(path, []) }
        try FileTree.check(truncate(path, 1 << 40), "truncate")
    }

    @Test func aLogsHoleIsPassedOver() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo one; exit 3")
        try spool.runWorker("-j", "1")
        let path = spool[JobLogs.path(of: try #require(JobID(id)))]
        try stretch(path)
        #expect(try spool.run("logs", id).text == "one\n", "nothing but a hole follows")
        let more = #"\n2026-11-29T00:00:00.000000000Z stdout F two\n"#
        #expect(try spool.shell("printf '\(more)' >> '\(path)'").status == 0)
        let result = try spool.run("logs", id)
        #expect(result.text == "one\ntwo\n" && result.errorText.contains("damaged"))
        #expect(try spool.run("logs", "--lines", "1", id).text == "two\n")
        #expect(try spool.run("status", id).text.contains("exit code 3"))
        #expect(try spool.run("retry", id).status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.run("logs", "--attempt", "2", id).text == "one\n")
    }

    @Test func aHistorysHoleIsPassedOver() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let line = #"{"time": "2026-01-01T00:00:00Z", "verb": "submit"}"# + "\n"
        let path = spool["history/2026-01-01.ndjson"]
        try FileTree.write(path, Array(line.utf8))
        try stretch(path)
        let more = "echo >> '\(path)'; echo '\(line.dropLast())' >> '\(path)'"
        #expect(try spool.shell(more).status == 0)
        let text = try spool.run("check").text
        #expect(
            text.contains("2026-01-01.ndjson: line 2 is no JSON object; readers skip such lines"))
    }

    @Test(arguments: [
        "spool submit big", "spool submit - < big", "spool cron check big", "spool cron import big",
        "spool cron edit -f big", "spool cron edit -f - < big",
    ])
    func whatIsTooLargeIsRefusedUnread(_ line: String) throws {
        let spool = try TemporarySpool()
        try stretch(spool.home + "/big")
        // To read it would take many times that.
        let result = try spool.shell("ulimit -t 5; " + line)
        #expect(result.status == 65, "\(result.errorText)")
        #expect(result.errorText.contains(" bytes, the limit"))
    }
}

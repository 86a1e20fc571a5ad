import Foundation
import SpoolTestSupport
import Testing

/// `spool cron check`: everything that is wrong, where it stands, and how the status tells.
struct CronCheckTests {
    private func check(_ text: String, _ options: String...) throws -> ProgramResult {
        try TemporarySpool().run(["cron", "check"] + options + ["-"], input: text)
    }

    @Test func saysNothingOfAGoodFile() throws {
        let result = try check("# all is well\nMAILTO=root\n\n0 2 * * * backup\n@reboot up\n")
        #expect(result.status == 0 && result.output.isEmpty)
        #expect(result.errorText == "spool: 2 entries, 0 errors, 0 warnings\n")
    }

    @Test func namesEveryError() throws {
        let result = try check(
            """
            */70 * * * * slow
            0 25 * * * late
            CATCH_UP=some
            0 2 * * * {"name": "x", "comand": "y"}
            \t5 5 31 2 * never
            @Daily x
            0 0 * * *
            """)
        #expect(result.status == 65)
        let headings = result.text.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        let places = headings.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(
            places == [
                "standard input:2:3: error:", "standard input:3:10: error:",
                "standard input:4:11: error:", "standard input:5:6: error:",
                "standard input:6:1: error:", "standard input:7:10: error:",
                "standard input:1:1: warning:",
            ])
        #expect(result.text.contains("did you mean \"command\"?"))
        #expect(result.text.contains("\n  \t5 5 31 2 * never\n  \t    ^^\n"))
        #expect(result.errorText.contains("6 errors, 1 warning"))
    }

    @Test func warningsCountWhenAskedFor() throws {
        #expect(try check("*/70 * * * * x\n").status == 0)
        #expect(try check("*/70 * * * * x\n", "--strict").status == 1)
        let fixed = "CRON_TZ=Europe/Paris\n30 2 * * * x\n"
        #expect(try check(fixed).text.contains("as the clock goes forward"))
        let twins = """
            0 1 * * * {"name": "a", "command": "x"}
            0 2 * * * {"name": "a", "command": "y"}

            """
        #expect(try check(twins, "--strict").status == 1)
        #expect(try check(twins).text.contains("the entry in line 1 is called a too"))
    }

    @Test func printsJSON() throws {
        let result = try check("0 25 * * * x\n", "--json")
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(result.status == 65)
        #expect(object["line"] as? Int == 1 && object["column"] as? Int == 3)
        #expect(object["length"] as? Int == 2 && object["severity"] as? String == "error")
        #expect(Set(object.keys) == ["file", "line", "column", "length", "severity", "message"])
    }

    @Test func readsFilesOfCron() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/system", Array("0 2 * * * root backup\n".utf8))
        #expect(try spool.run("cron", "check", "-u", "--strict", "system").status == 0)
        try FileTree.write(spool.home + "/system", Array("0 2 * * * root\n".utf8))
        #expect(try spool.run("cron", "check", "system").status == 0)
        let missing = try spool.run("cron", "check", "--user-column", "system")
        #expect(
            missing.status == 65 && missing.text.contains("system:1:15: error: there is no job"))
        #expect(try spool.run("cron", "check", "nowhere").status == 66)
    }

    @Test func saysWhereAFileIsNotUTF8() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/latin", Array("# a\n0 2 * * * caf".utf8) + [0xe9, 10])
        let result = try spool.run("cron", "check", "latin")
        #expect(result.status == 65 && result.text.hasPrefix("latin:2:14: error:"))
    }

    @Test func checksTheSpoolItself() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        #expect(try spool.run("cron", "check").status == 0)
        try spool.write("crontab", "0 2 * * * x\n")
        try spool.write("cron.d/bad", "0 2 * * x\n")
        try spool.write("cron.d/old.bak", "nonsense\n")
        let result = try spool.run("cron", "check")
        #expect(result.status == 65 && result.text.hasPrefix("cron.d/bad:1:"))
        #expect(!result.text.contains("old.bak"))
    }
}

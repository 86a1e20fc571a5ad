import Foundation
import Spool
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

    @Test(arguments: [
        #"* * * * * {"command": "x", "delay": "1h", "expires": "1m"}"#,
        #"* * * * * {"command": "x", "delay": "10m", "expires": "10m"}"#,
        "START_DEADLINE=10m\n" + #"* * * * * {"command": "x", "delay": "1h"}"#,
    ])
    func whatWouldNeverStartIsAnError(_ text: String) throws {
        let result = try check(text + "\n")
        #expect(result.status == 65 && result.text.contains("its jobs would never start"))
        let other = text.replacing("\"1h\"", with: "\"30s\"").replacing("\"10m\",", with: "\"9m\",")
        #expect(try check(other + "\n").status == 0)
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
        // The others are gone through all the same.
        let some = try spool.run("cron", "check", "nowhere", ".", "system")
        #expect(some.status == 66 && some.errorText.contains("nowhere: no such file"))
        // `nowhere`, and the directory.
        #expect(some.errorText.contains("1 entry, 2 errors"))
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

    @Test func goesThroughAllFiles() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("cron.d/zz", "0 25 * * * x\n")
        try spool.write("cron.d/a-file", "@daily x\n")
        try FileTree.link("a-file", at: spool["cron.d/b-link"])
        try FileTree.check(mkdir(spool["cron.d/c-directory"], 0o700), "mkdir")
        try FileTree.link("a-file", at: spool["crontab"])
        let result = try spool.run("cron", "check")
        #expect(result.status == 65)
        for file in ["crontab", "cron.d/b-link"] {
            let line = result.text.split(separator: "\n").first { $0.hasPrefix("\(file): error: ") }
            #expect(
                line?.contains("it is a symbolic link, and none is followed") == true, "\(file)")
        }
        #expect(result.text.contains("cron.d/c-directory: error: "))
        #expect(result.text.contains("a file is wanted here"))
        #expect(result.text.contains("cron.d/zz:1:3: error: there is no hour 25"))
        #expect(result.errorText.contains("1 entry, 4 errors"))
        let objects = try spool.run("cron", "check", "--json").text.split(separator: "\n")
        #expect(objects.count == 4 && objects[0].contains("\"line\":0"))
    }

    @Test func saysWhichNamesAreIgnored() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        for name in ["my job", ".hidden", "old.bak", "edited~", "x.disabled", "v1.2"] {
            try spool.write("cron.d/" + name, "@daily \(name)\n")
        }
        let result = try spool.run("cron", "check", "--strict")
        #expect(result.status == 1)
        #expect(result.text.contains("cron.d/my job: warning: it is not read"))
        #expect(result.text.contains("cron.d/x.disabled: warning: it is read, and its entries are"))
        for name in [".hidden", "old.bak", "edited~", "v1.2"] {
            #expect(!result.text.contains("\(name):"), "\(name)")
        }
    }

    @Test func comparesTheFiles() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "# mine\n0 2 * * *  backup\n0 3 * * * other\n")
        try spool.write("cron.d/more", "0 2 * * * backup\nCRON_TZ=Asia/Tokyo\n0 3 * * * other\n")
        let result = try spool.run("cron", "check")
        #expect(
            result.text.contains("cron.d/more:1:1: warning: the same entry stands in crontab:2"))
        #expect(!result.text.contains("crontab:3"))
    }

    @Test func namesWhatIsNotThere() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write(
            "crontab", "SHELL=/bin/nosuchshell\n0 2 * * * x\nSHELL=/bin\nSHELL=/bin/sh\n")
        let shells = try spool.run("cron", "check").text
        #expect(shells.contains("crontab:1:7: warning: no program is at /bin/nosuchshell"))
        #expect(shells.contains("crontab:3:7: warning") && !shells.contains("crontab:4"))
        try spool.write("crontab", "MAILTO=root\n0 2 * * * x\nMAILTO=\n0 3 * * * y\n")
        let mail = try spool.run("cron", "check").text
        let canMail = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sendmail")
        #expect(mail.contains("crontab:1:8: warning: no mail can be sent") != canMail)
        #expect(!mail.contains("crontab:3"))
        // That is no fault of the text.
        #expect(try spool.run("cron", "check", "--strict").status == 0)
        try spool.write("handlers/mail", "#!/bin/sh\n")
        #expect(!(try spool.run("cron", "check").text.contains("no mail can be sent")))
    }

    @Test func knowsAUserColumn() throws {
        let text = "17 * * * * root cd / && run-parts x\n0 2 * * * root -l\n0 3 * * * true root\n"
        let result = try check(text)
        #expect(result.text.contains(":1:12: warning: the command begins with `root`, a user"))
        #expect(!result.text.contains(":2:") && !result.text.contains(":3:"))
    }

    // MARK: Wrong files

    private static let foreign: [(String, String)] = [
        ("apiVersion: batch/v1\nkind: CronJob\nspec:\n  schedule: \"0 2 * * *\"\n", "YAML"),
        ("---\n- name: x\n  cron: 0 2 * * *\n", "YAML"),
        ("# jobs\njobs:\n  - name: backup\n    run: |\n      echo x\n    at: noon\n", "YAML"),
        ("{\n  \"command\": \"true\",\n  \"queue\": \"x\"\n}\n", "JSON"),
        ("[\n  {\"a\": 1},\n  {\"b\": 2}\n]\n", "JSON"),
        ("[[job]]\nname = \"x\"\nschedule = \"0 2 * * *\"\n[other]\na = 1\n", "TOML"),
        ("[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\nA: b\n", "systemd"),
        ("<!DOCTYPE html>\n<html>\n<body>404</body>\n", "HTML or XML"),
        ("#!/bin/sh\nset -e\nrsync -a / /backup\n", "a script"),
    ]

    @Test(arguments: foreign)
    func aFileOfAnotherFormatIsOneError(_ text: String, _ format: String) throws {
        let result = try check(text)
        #expect(result.status == 65)
        #expect(result.errorText == "spool: 0 entries, 1 error, 0 warnings\n", "\(result.text)")
        #expect(result.text.contains("error: this file is \(format)") || format == "systemd")
        #expect(result.text.contains(format) && result.text.contains("no crontab"))
        let spool = try TemporarySpool()
        let edit = try spool.run(["cron", "edit", "-f", "-"], input: text)
        #expect(edit.status == 65 && edit.errorText.contains(format), "\(edit.errorText)")
        try spool.write("crontab", text)
        let list = try spool.run("cron", "list").errorText
        #expect(list.contains(format) && list.split(separator: "\n").count <= 3, "\(list)")
    }

    /// What has an entry, or may be one that is only wrong, is a crontab.
    @Test(arguments: [
        "MAILTO: root\n0 2 * * * x\n", "[x]\n0 2 * * * y\n", "0 25 * * * x\n0 26 * * * y\n",
        "* * * *\n- x\n",
    ])
    func aWrongCrontabIsStillOne(_ text: String) throws {
        let result = try check(text)
        #expect(result.status == 65 && !result.text.contains("no crontab"), "\(result.text)")
    }

    @Test(arguments: [(10, ""), (11, "1 more error"), (40, "30 more errors")])
    func ofManyErrorsTheFirstAreShown(_ count: Int, _ rest: String) throws {
        let text = "*/70 * * * * slow\n" + String(repeating: "0 25 * * * x\n", count: count)
        let result = try check(text)
        #expect(result.text.split(separator: "\n").count { $0.contains(" error: ") } == 10)
        #expect(result.text.contains("standard input: and \(rest)\n") == !rest.isEmpty)
        #expect(!rest.isEmpty || !result.text.contains(": and "))
        #expect(result.text.contains("warning: "), "what is doubtful is shown all the same")
        #expect(result.errorText.contains("\(count) errors, 1 warning"))
        #expect(try check(text, "--json").text.split(separator: "\n").count == count + 1)
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("crontab", text)
        let list = try spool.run("cron", "list").errorText
        #expect(list.split(separator: "\n").count { $0.contains(" error: ") } == 10)
        #expect(list.contains("crontab: and \(rest)\n") == !rest.isEmpty, "\(list)")
    }

    @Test func aTimeThatHasPassedIsDoubtful() throws {
        let text = "@at 2020-01-01T00:00 echo past\n"
        let result = try check(text)
        #expect(result.status == 0 && result.text.contains("warning: `@at 2020-01-01T00:00` has"))
        #expect(try check(text, "--strict").status == 1)
        let edit = try TemporarySpool().run(["cron", "edit", "-f", "-"], input: text)
        #expect(edit.status == 0 && edit.errorText.contains("has passed: it runs no more"))
    }
}

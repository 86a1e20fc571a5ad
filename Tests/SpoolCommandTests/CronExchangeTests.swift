import Foundation
import SpoolTestSupport
import SpoolTime
import Testing

/// `spool cron import` and `spool cron export`: what is carried over is so, and what isn't is said.
struct CronExchangeTests {
    private let spool: TemporarySpool

    init() throws { spool = try TemporarySpool() }

    private func imported(
        _ text: String, as name: String = "old", _ options: String...
    ) throws -> ProgramResult {
        let parts = name.split(separator: "/").dropLast()
        try FileManager.default.createDirectory(
            atPath: spool.home + "/" + parts.joined(separator: "/"),
            withIntermediateDirectories: true)
        try FileTree.write(spool.home + "/" + name, Array(text.utf8))
        return try spool.run(["cron", "import"] + options + [name])
    }

    /// What is printed can be installed.
    private func expectInstallable(_ result: ProgramResult) throws {
        let check = try spool.run(["cron", "edit", "--empty", "-f", "-"], input: result.text)
        #expect(check.status == 0, "\(check.errorText)\(result.text)")
    }

    // MARK: From cron

    @Test func carriesACrontabOver() throws {
        let result = try imported(
            """
            # mine
            SHELL=/bin/bash
            RANDOM_DELAY=5
            "FOO" = 'bar  '
            */5 * * * * date +\\%s %in%more

            @daily z
            """)
        #expect(result.status == 0)
        #expect(
            result.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2)
                .joined(separator: "\n") == """
                    CATCH_UP=none
                    OVERLAP=allow
                    MAILTO=tester
                    # mine
                    SHELL=/bin/bash
                    RANDOM_DELAY=5m
                    FOO="bar  "
                    */5 * * * * date +\\%s %in%more

                    @daily z

                    """)
        #expect(result.errorText.contains("old:3: RANDOM_DELAY is in minutes"))
        try expectInstallable(result)
    }

    @Test func saysWhatItLeavesOut() throws {
        let result = try imported(
            """
            MAILTO=""
            QUEUE=a%b
            0 22-2 * * * night
            -~ 3 * * * quiet
            CRON_TZ=Nowhere/Atall
            """)
        #expect(result.status == 1)
        #expect(result.text.contains("# not carried over: `22-2` runs backwards"))
        #expect(result.text.contains("\n# 0 22-2 * * * night\n"))
        #expect(result.text.contains("\n~ 3 * * * export QUEUE=a\\%b; quiet\n"))
        #expect(!result.text.contains("\nQUEUE="))
        for line in 2...5 { #expect(result.errorText.contains("old:\(line): "), "\(line)") }
        try expectInstallable(result)
    }

    @Test func takesOneUsersEntries() throws {
        let text = "0 1 * * * root a b\n0 2 * * * www c\n0 3 * * *\n"
        let result = try imported(text, as: "system", "-u", "--user", "root")
        #expect(result.status == 1)
        #expect(result.text.contains("\n0 1 * * * a b\n"))
        #expect(result.text.contains("\n# 0 2 * * * www c\n"))
        #expect(result.errorText.contains("system:2: not carried over: it runs as www"))
        #expect(result.errorText.contains("system:3: not carried over"))
        try expectInstallable(result)
    }

    @Test func translatesAnAnacrontab() throws {
        let result = try imported(
            """
            START_HOURS_RANGE=3-22
            1\t5\tcron.daily\trun-parts %a
            @monthly 0 monthly x
            3 10 three y
            0 2 * * * z
            """, as: "anacrontab")
        #expect(result.status == 1)
        #expect(
            result.text.split(separator: "\n").dropFirst(4).joined(separator: "\n") == """
                MAILTO=tester
                # not carried over: anacron's hours can't be said: write them in the schedules
                # START_HOURS_RANGE=3-22
                CATCH_UP=last
                OVERLAP=skip
                @daily {"command":"run-parts %a","delay":"5m","name":"cron.daily"}
                @monthly {"command":"x","name":"monthly"}
                @every 3d {"command":"y","delay":"10m","name":"three"}
                CATCH_UP=none
                OVERLAP=allow
                0 2 * * * z
                """)
        try expectInstallable(result)
    }

    /// Nothing of another program's words becomes a command.
    @Test func translatesOrLeavesOutOtherDialects() throws {
        let result = try imported(
            """
            0 2 * * * -ns a
            0 3 * * * --help
            & 0 4 * * * b
            &nice(10),bootrun 0 5 * * * c
            %nightly * 21-23 d
            !serial(true)
            @ 30 e
            *-*-* 06:30:00 f
            daily g
            0 0 12 * * ? h
            */10 * * * * ? i
            *-*-* 07:00:00
            0 8 * * * root cd / && j
            OnCalendar=daily
            [Service]
            """)
        #expect(result.status == 1)
        let entries = result.text.split(separator: "\n").filter {
            !$0.hasPrefix("#") && !$0.contains("=")
        }
        #expect(
            entries == [
                "0 2 * * * a", "0 4 * * * b", "0 5 * * * c", "@every 30m e", "30 6 * * * f",
                "0 0 * * * g", "0 12 * * * h",
            ])
        #expect(result.text.contains("\nOVERLAP=skip\n"))
        for line in [1, 2, 4, 5, 6, 11, 12, 13, 14, 15] {
            #expect(result.errorText.contains("old:\(line): not carried over"), "\(line)")
        }
        #expect(result.text.contains("# */10 * * * * ? i"))
        try expectInstallable(result)
    }

    @Test func seesThatAFileIsTheSystems() throws {
        let text = "# all\nPATH=/bin\n17 * * * * root cd / && a\n25 6 * * * root test -x b\n"
        let result = try imported(text, as: "copied", "--user", "root")
        #expect(result.status == 0 && result.errorText.contains("read as with -u"))
        #expect(result.text.contains("\n17 * * * * cd / && a\n25 6 * * * test -x b\n"))
        // A user whom only the other machine has is no command either.
        let foreign = try imported(
            text + "*/11 * * * * nosuchuser /save\n", as: "more", "--user", "root")
        #expect(foreign.status == 1)
        #expect(foreign.errorText.contains("more:5: not carried over: it runs as nosuchuser"))
    }

    @Test func knowsATimerByWhatIsInIt() throws {
        let shown = try imported(
            "# /etc/systemd/system/x.timer\n[Unit]\nDescription=X\n[Timer]\nOnCalendar=daily\n",
            as: "shown")
        #expect(shown.status == 0 && shown.text.contains("\"x.service\""))
        let nameless = try imported("[Timer]\nOnCalendar=daily\n", as: "nameless")
        #expect(nameless.status == 1 && nameless.errorText.contains("call the file NAME.timer"))
    }

    @Test func skipsAByteOrderMark() throws {
        let result = try imported("\u{feff}0 2 * * * x\n")
        #expect(result.status == 0 && result.text.hasSuffix("\n0 2 * * * x\n"))
    }

    @Test func refusesSeveralCrontabs() throws {
        #expect(try imported("", as: "a").status == 0)
        #expect(try imported("", as: "b", "a").status == 64)
        #expect(try spool.run("cron", "import", "nowhere").status == 66)
    }

    // MARK: From systemd

    @Test func carriesTimersOver() throws {
        let result = try imported(
            """
            [Unit]
            Description=Nightly backup
            [Timer]
            OnCalendar=Mon..Fri 02:30
            OnCalendar=Mon *-*-1..7 5:00 \\
             Europe/Paris
            OnBootSec=15min
            OnUnitActiveSec=1h 30min
            Persistent=true
            RandomizedDelaySec=5min
            FixedRandomDelay=yes
            Unit=other.service
            """, as: "backup.timer")
        #expect(result.status == 0, "\(result.errorText)")
        let job = "\"command\":[\"systemctl\",\"start\",\"--wait\",\"other.service\"]"
        #expect(
            result.text.split(separator: "\n").dropFirst(1).joined(separator: "\n") == """
                OVERLAP=skip
                # backup.timer: Nightly backup
                CATCH_UP=last
                RANDOM_DELAY=5m
                30 2 * * 1-5 {\(job),"name":"backup.timer"}
                CRON_TZ=Europe/Paris
                DAY_MATCH=and
                0 5 1-7 * 1 {\(job),"name":"backup.timer-2"}
                @reboot {\(job),"delay":"15m","name":"backup.timer-3"}
                CRON_TZ=
                @every 1h30m {\(job),"name":"backup.timer-4"}
                """)
        try expectInstallable(result)
    }

    @Test func saysWhichPartsOfATimerItLeavesOut() throws {
        let result = try imported(
            """
            [Timer]
            OnCalendar=2026..2028-*-* 00:00
            OnCalendar=*-*~03
            OnUnitInactiveSec=1d
            WakeSystem=yes
            AccuracySec=1us
            OnCalendar=daily Europe/Nowhere
            """, as: "user/x.timer")
        #expect(result.status == 1)
        for line in 2...7 {
            #expect(result.errorText.contains("user/x.timer:\(line): "), "\(line)")
        }
        try expectInstallable(result)
        #expect(
            try imported("[Timer]\nOnCalendar=daily\n", as: "user/x.timer").text.contains("--user"))
    }

    /// The same slots as systemd itself finds, where it is installed.
    @Test(
        .enabled(if: Package.tool("systemd-analyze") != nil, "systemd is not installed"),
        arguments: [
            "*:0/15", "Mon..Fri 09:30", "*-*~01", "Sat,Sun 12:00", "*-*-1/2", "weekly", "quarterly",
            "Mon-Fri", "12,14,13,12:20,10,30", "*-1..3-*", "*:*:0/20", "mon,fri *-1/2-1,3 *:30:45",
            "2199-12-24 18:00", "Sat..Sun 3:00", "Sunday 04:05", "Fri *-*-13", "semiannually",
            "minutely",
            "*-*-31", "00/3:07", "*-02-29 23:59:59",
        ])
    func findsTheSlotsOfSystemd(_ event: String) throws {
        let result = try imported("[Timer]\nOnCalendar=\(event)\n", as: "x.timer")
        #expect(result.status == 0, "\(result.errorText)")
        try expectInstallable(result)
        let ours = try spool.run(
            "cron", "next", "x.timer", "-n", "5", "--after", "2027-01-01T00:00:30Z")
        let analyzed = try Run(
            [
                try #require(Package.tool("systemd-analyze")), "calendar", "--iterations=5",
                "--base-time=2027-01-01 00:00:30 UTC", event,
            ], environment: ["TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            directory: spool.home)
        let theirs = analyzed.output.matches(of: /: \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/)
            .map {
                "\($0.1)T\($0.2)+00:00\n"
            }
        #expect(!theirs.isEmpty, "\(analyzed.error)")
        #expect(ours.text == theirs.joined())
    }

    // MARK: To cron

    @Test func exportsWhatCronCanSay() throws {
        let text = """
            CRON_TZ=Europe/Paris
            MAILTO=root
            A=b c
            0 2 * * sun-mon date +\\%s %in%more
            DAY_MATCH=and
            ~ 3 * * * echo x
            CRON_TZ=
            {
            """.replacing("\n{", with: "")
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: text + "\n").status == 0)
        #expect(
            try spool.run(["cron", "edit", "b", "-f", "-"], input: "@hourly true\n").status == 0)
        let result = try spool.run("cron", "export")
        #expect(result.status == 0, "\(result.errorText)")
        #expect(
            result.text.contains(
                "CRON_TZ=Europe/Paris\nMAILTO=\"root\"\nA=\"b c\"\n0 2 * * 0-1 date +\\%s %in%more\n"
            ))
        #expect(result.text.contains("MAILTO=\"\"\n@hourly unset A; true\n"))
        #expect(!result.text.contains("~"))
        // And back again.
        let back = try imported(result.text, as: "exported")
        #expect(back.status == 0, "\(back.errorText)")
        try expectInstallable(back)
    }

    @Test func saysWhatCronCannot() throws {
        let text = """
            0 0 L * * last
            @every 90s often
            @at 2099-01-01T00:00 once
            TIMEOUT=5m
            0 1 * * * {"name": "json", "command": ["a b", "c%d"], "cwd": "/x y", "tags": {"a": "b"}}
            SECONDS=yes
            DAY_MATCH=or
            0 0 0 */2 * 1 either
            30 0 0 1 * * seconds
            SECONDS=no
            0 4 * * * * starred

            """
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: text).status == 0)
        let result = try spool.run("cron", "export")
        #expect(result.status == 1)
        for line in [1, 2, 3, 5, 8, 9, 11] {
            #expect(result.errorText.contains("crontab:\(line): not carried over"), "\(line)")
        }
        #expect(result.text.contains("\n0 1 * * * cd '/x y' && 'a b' c\\%d\n"))
        #expect(try spool.run("cron", "export", "json").text.contains("# json\n"))
        let plain = result.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(plain.count == 2, "\(plain)")
    }

    /// Who pipes it into crontab(1) must know that the file says something else now, or that nothing is in force.
    @Test func saysThatAFileIsNotInForce() throws {
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: "0 1 * * * good\n").status == 0)
        try FileTree.write(spool.path + "/cron.d/new", Array("0 25 * * * bad\n".utf8))
        let result = try spool.run("cron", "export")
        #expect(result.status == 1)
        #expect(
            result.errorText.contains("cron.d/new:1: not carried over: there is no hour 25"),
            "\(result.errorText)")
        #expect(result.text.contains("\n# not carried over: there is no hour 25"))
        #expect(result.text.contains("\n0 1 * * * good\n"))
    }

    // MARK: Without a name

    /// A user whose number no account has, as in a container.
    @Test(.enabled(if: geteuid() == 0, "only root becomes another user"))
    func onlyAUserColumnNeedsAName() throws {
        func imported(_ text: String, _ options: String = "") throws -> ProgramResult {
            try FileTree.write(spool.home + "/old", Array(text.utf8), mode: 0o644)
            return try spool.shell(
                "chmod 711 .. .; unset LOGNAME; export USER=; setpriv --reuid=54321 --clear-groups"
                    + " \(TemporarySpool.binary) cron import \(options) old")
        }
        let plain = try imported("0 2 * * * backup\n")
        #expect(plain.status == 0, "\(plain.errorText)")
        #expect(plain.text.contains("\n0 2 * * * backup\n") && !plain.text.contains("MAILTO"))
        #expect(plain.errorText.contains("who have no name here"))
        #expect(try imported("MAILTO=a\n0 2 * * * backup\n").errorText == "")
        for (text, option) in [("0 2 * * * me x\n", "-u"), ("0 2 * * * root cp a b\n", "")] {
            let result = try imported(text, option)
            #expect(result.status == 64 && result.output.isEmpty, "\(result.text)")
            #expect(result.errorText.contains("name him with --user NAME"))
        }
        #expect(try imported("0 2 * * * me x\n", "-u --user me").text.contains("\n0 2 * * * x\n"))
    }

    /// What is no crontab at all isn't a crontab with a hundred comments.
    @Test(arguments: [
        ("jobs:\n  - name: x\n    at: noon\n", "YAML"), ("{\n \"a\": 1\n}\n", "JSON"),
        ("#!/bin/sh\nset -e\nrsync -a / /b\n", "a script"),
        ("[Service]\nExecStart=/bin/true\n", "systemd"),
    ])
    func aFileOfAnotherFormatIsRefused(_ text: String, _ format: String) throws {
        let result = try imported(text)
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(result.errorText.hasPrefix("spool: old:1: this file is "))
        #expect(result.errorText.contains(format) && result.errorText.contains("no crontab"))
    }
}

import SpoolSchedule
import SpoolTestSupport
import Testing

@Suite struct CrontabTests {
    private func parse(_ text: String, user: Bool = false, now: Instant? = nil) -> CrontabFile {
        CrontabFile.parse(
            text,
            options: CrontabFile.Options(
                zone: .utc, zones: .fromEnvironment(), hasUserColumn: user, machine: "m", now: now))
    }

    @Test func aWholeFile() throws {
        let crontab = parse(
            """
            # Nightly work
            PATH=/usr/bin:/bin
            GREETING = "hello there "
            MAILTO=ops@example.org

            30 2 * * mon-fri  /usr/local/bin/backup --all
            CRON_TZ=Europe/Paris
            RANDOM_DELAY=5m
            CATCH_UP=all
            OVERLAP=queue
            START_DEADLINE=1h
            QUEUE=reports
            TIMEOUT=90s
            RETRIES=3
            SHELL=/bin/bash
            DAY_MATCH=and
              @daily\t{"command": ["report"], "name": "nightly"}
            GREETING='bye'
            0 0 13 * 5 echo "$GREETING"
            SECONDS=yes
            */20 * * * * * tick
            @every 90s poll
            @at 2026-12-24T18:00 ring
            @reboot start up
            """)
        #expect(crontab.diagnostics.filter { $0.severity == .error } == [])
        let entries = crontab.entries
        try #require(entries.count == 7)
        #expect(entries.map(\.line) == [6, 17, 19, 21, 22, 23, 24])
        #expect(entries[0].job == .shell("/usr/local/bin/backup --all", input: nil))
        #expect(
            entries[0].environment == ["PATH": "/usr/bin:/bin", "GREETING": "hello there "])
        #expect(entries[0].zone == .utc)
        #expect(entries[0].settings.mailTo == "ops@example.org")
        #expect(entries[0].settings.catchUp == .last)
        #expect(entries[0].settings.overlap == .skip)
        #expect(entries[1].job == .json(#"{"command": ["report"], "name": "nightly"}"#))
        let settings = entries[1].settings
        #expect(entries[1].zone.name == "Europe/Paris")
        #expect(settings.randomDelay == .seconds(300))
        #expect(settings.catchUp == .all)
        #expect(settings.overlap == .queue)
        #expect(settings.startDeadline == .seconds(3600))
        #expect(settings.queue == "reports")
        #expect(settings.timeout == .seconds(90))
        #expect(settings.retries == 3)
        #expect(settings.shell == "/bin/bash")
        #expect(entries[2].environment["GREETING"] == "bye")
        #expect(entries[2].expression.dayMatch == .and)
        #expect(entries[3].expression.text == "*/20 * * * * *")
        #expect(entries[4].expression.kind == .every(.seconds(90)))
        #expect(entries[5].expression.kind == .once)
        #expect(entries[6].job == .shell("start up", input: nil))
    }

    @Test func allErrorsOfAFileWithTheirPlaces() {
        let crontab = parse(
            """
            61 * * * * a
              0 22-2 * * * b
            CRON_TZ=Europe/Pariss
            OVERLAP=maybe
            * * * * * good
            0 4 * *
            RANDOM_DELAY=45
            @Daily c
            @every 10x d
            * * * * *
            NAME="open
            SECONDS=1
            30 2 * * backup.sh
            RETRIES=-1
            SHELL=bash
            TIMEOUT=0
            """)
        #expect(crontab.hasErrors)
        #expect(crontab.entries.count == 1)
        let places = crontab.diagnostics.map { "\($0.line):\($0.column)+\($0.length)" }
        #expect(
            places == [
                "1:1+2", "2:5+4", "3:9+13", "4:9+5", "6:8+0", "7:14+2", "8:1+6", "9:8+3", "10:10+0",
                "11:6+5", "12:9+1", "13:10+9", "14:9+2", "15:7+4",
                "16:9+1",
            ])
        let texts = crontab.diagnostics.map(\.description)
        #expect(texts.first == "1:1: error: there is no minute 61: write 0 to 59")
        for (index, advice) in [
            (1, "write `22-23,0-2`"), (2, "unknown zone \"Europe/Pariss\""),
            (3, "write allow, skip, queue or replace"), (4, "add weekday"), (5, "write 45m"),
            (6, "write `@daily`"), (7, "10m"), (8, "there is no job"), (9, "never closed"),
            (10, "write yes or no"), (11, "is a field missing before the job?"),
            (12, "whole number"), (13, "absolute path"), (14, "leave it empty"),
        ] {
            #expect(texts[index].contains(advice), "\(texts[index])")
        }
    }

    @Test(arguments: [
        ("mail -s x root%Dear%you", "mail -s x root", "Dear\nyou\n"),
        ("date +\\%F", "date +%F", nil),
        ("date +\\%F%100\\%%end", "date +%F", "100%\nend\n"),
        ("cat%", "cat", ""), ("cat%%", "cat", "\n"), ("%input", "", "input\n"),
        ("echo a\\\\b", "echo a\\\\b", nil), ("echo \\\\%x", "echo \\\\", "x\n"),
    ])
    func percentSigns(_ text: String, _ command: String, _ input: String?) throws {
        let crontab = parse("* * * * * \(text)\n")
        #expect(try #require(crontab.entries.first).job == .shell(command, input: input))
    }

    @Test func noPercentSignsInJSON() throws {
        let text = #"{"command": ["date", "+%F", "100\\%"]}"#
        #expect(try #require(parse("* * * * * \(text)").entries.first).job == .json(text))
        let group = try #require(parse("* * * * * { date; }").entries.first)
        #expect(group.job == .shell("{ date; }", input: nil))
    }

    @Test func theUserColumn() throws {
        let crontab = parse("17 * * * * root run-parts /etc\n@daily www-data tidy\n", user: true)
        #expect(crontab.entries.map(\.user) == ["root", "www-data"])
        #expect(crontab.entries.map(\.job.text) == ["run-parts /etc", "tidy"])
        let short = parse("17 * * * * root\n@daily\n", user: true)
        #expect(short.diagnostics.map(\.message).first?.contains("no job") == true)
        #expect(short.diagnostics.map(\.message).last?.contains("no user and no job") == true)
    }

    @Test func namesSurviveReloadAndReordering() throws {
        let lines = [
            "0 1 * * * /opt/bin/Back_up.sh --all", "0 2 * * * X=1 report", "@daily {\"a\": 1}",
            "~ 3 * * * spread",
        ]
        let first = parse(lines.joined(separator: "\n")).entries
        let second = parse("# moved\n\n" + lines.reversed().joined(separator: "\n")).entries
        #expect(first.map(\.name) == second.reversed().map(\.name))
        #expect(first.map(\.expression) == second.reversed().map(\.expression))
        #expect(Set(first.map(\.name)).count == 4)
        #expect(
            first.map { $0.name.split(separator: "-")[0] } == [
                "back", "report", "job", "spread",
            ])
        let spaced = parse("0\t1 *  * *   /opt/bin/Back_up.sh --all").entries
        #expect(spaced.first?.name == first[0].name)
        let edited = parse("0 1 * * * /opt/bin/Back_up.sh --most").entries
        #expect(edited.first?.name != first[0].name)
    }

    @Test func entriesAlike() {
        let paris = "CRON_TZ=Europe/Paris\n0 9 * * * report\n"
        let tokyo = "CRON_TZ=Asia/Tokyo\n0 9 * * * report\n"
        let there = parse(paris + tokyo).entries.map(\.name)
        let back = parse(tokyo + paris).entries.map(\.name)
        #expect(Set(there).count == 2)
        #expect(there == back.reversed())
        let twice = parse("0 9 * * * report\n0 9 * * * report\n")
        #expect(Set(twice.entries.map(\.name)).count == 2)
        #expect(twice.diagnostics.map(\.message).last?.contains("line 1") == true)
    }

    @Test func warnings() throws {
        let crontab = parse(
            """
            TZ=Europe/Paris
            catch_up=all
            RandomDelay=5
            CRON_TZ=Europe/Paris
             */70 * * * * a
            0 0 13 * 5 b
            30 2 * * * c
            * * * * * * d
            0 4 * * 1 2024 --arg
            * * * * * *.sh
            """, now: try instant("2026-01-01T00:00:00Z"))
        #expect(!crontab.hasErrors)
        #expect(crontab.entries.count == 6)
        let places = crontab.diagnostics.map { "\($0.line):\($0.column)+\($0.length)" }
        #expect(
            places == [
                "1:1+2", "2:1+8", "3:1+11", "5:2+4", "6:5+6", "7:1+10", "7:1+10", "8:11+1",
            ])
        #expect(crontab.diagnostics[0].message.contains("CRON_TZ"))
        #expect(crontab.diagnostics[1].message.contains("the setting is CATCH_UP"))
        #expect(crontab.diagnostics.last?.message.contains("SECONDS=yes") == true)
    }

    @Test func otherLineEnds() throws {
        let crontab = parse("A=1\r\n* * * * * one\r\n\r\n# x\r\n@hourly two")
        #expect(crontab.diagnostics.isEmpty)
        #expect(crontab.entries.map(\.job.text) == ["one", "two"])
        #expect(crontab.entries.first?.environment == ["A": "1"])
    }

    @Test func emptyValuesTakeBack() throws {
        let crontab = parse(
            "CRON_TZ=Europe/Paris\nQUEUE=a\nCATCH_UP=none\nTIMEOUT=1m\nMAILTO=\n"
                + "CRON_TZ=\nQUEUE=\nCATCH_UP=\nTIMEOUT=\"\"\n* * * * * x")
        let entry = try #require(crontab.entries.first)
        #expect(entry.zone == .utc)
        #expect(entry.settings.queue == nil)
        #expect(entry.settings.catchUp == .last)
        #expect(entry.settings.timeout == nil)
        #expect(entry.settings.mailTo == "")
    }

    @Test func aNullCharacterIsRefused() {
        let crontab = parse("* * * * * a\0b\n* * * * * c")
        #expect(crontab.diagnostics.map(\.column) == [12])
        #expect(crontab.entries.count == 1)
    }

    /// Whatever is given, it is read to the end and every place lies in its line.
    @Test func anyText() {
        var generator = SeededGenerator(seed: 17)
        let pieces = [
            "* * * * * ", "0 2 ", "@daily ", "@every ", "10m ", "A=", "CRON_TZ=", "UTC", "\n", "\n",
            "%", "\\", "\"", "'", "#", "{\"", "é", "\r\n", "~ ", "SECONDS=yes", "\0", " ",
            "\u{301}",
        ]
        for turn in 0..<4000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }
                .joined()
            let crontab = parse(text, user: turn % 2 == 0, now: Instant(seconds: 0))
            let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
            for diagnostic in crontab.diagnostics {
                let length = lines[diagnostic.line - 1].count
                #expect(diagnostic.column + diagnostic.length <= length + 1, "\(text)")
            }
            #expect(Set(crontab.entries.map(\.name)).count == crontab.entries.count)
        }
    }
}

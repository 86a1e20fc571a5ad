import SpoolSchedule
import Testing

/// What other programs write, and what to write instead.
struct ForeignTests {
    @Test(arguments: [
        ("0 0 12 * * ?", "this is Quartz's: write `0 12 * * *`"),
        ("0 0/5 14 ? * MON-FRI", "write `*/5 14 * * MON-FRI`"),
        ("0 5/10 14 ? * *", "write `5-59/10 14 * * *`"),
        ("0 15 10 ? * 2-6 *", "write `15 10 * * 1-5`"),
        ("0 15 10 ? * 6L *", "write `15 10 * * 5L`"),
        ("0 15 10 ? * 6#3", "write `15 10 * * 5#3`"),
        ("0 15 10 L * ?", "write `15 10 L * *`"),
        ("0 15 10 ? * 6L 2024-2026", "the year `2024-2026` can't be said"),
        ("*/10 * * * * ?", "write `*/10 * * * * *` with SECONDS=yes"),
        ("cron(0 12 * * ? *)", "this is EventBridge's: write `0 12 * * *`"),
        ("cron(0/15 8-17 ? * MON-FRI *)", "write `*/15 8-17 * * MON-FRI`"),
        ("0 12 * * ? *", "this is EventBridge's: write `0 12 * * *`"),
        ("every 5 minutes", "plain English: write `@every 5m`"), ("every 2h", "write `@every 2h`"),
        ("rate(5 minutes)", "write `@every 5m`"), ("rate(1 day)", "write `@every 1d`"),
        ("'0 2 * * *'", "in quotes: write `0 2 * * *`"),
        ("\"@daily\"", "in quotes: write `@daily`"),
        ("schedule: \"0 2 * * *\"", "YAML file: write `0 2 * * *`"),
        ("- cron: '30 5 * * 1,3'", "YAML file: write `30 5 * * 1,3`"),
        ("CRON_TZ=Europe/Paris 0 2 * * *", "write `0 2 * * *` with CRON_TZ=Europe/Paris"),
        ("TZ=UTC @daily", "write `@daily` with CRON_TZ=UTC"),
        ("schedule: \"TZ=UTC 0 2 * * *\"", "write `0 2 * * *` with CRON_TZ=UTC"),
        ("cron: CRON_TZ=UTC 0 2 * * *", "write `0 2 * * *` with CRON_TZ=UTC"),
        ("Mon..Fri *-*-* 09:00:00", "a calendar of systemd's: write `0 9 * * 1-5`"),
        ("*-*-* 02:30", "write `30 2 * * *`"), ("daily", "write `0 0 * * *`"),
        (
            "Mon *-*-1..7 05:00 Europe/Paris",
            "write `0 5 1-7 * 1` with CRON_TZ=Europe/Paris and DAY_MATCH=and"
        ),
        ("*-*-* *:*:30", "write `30 * * * * *` with SECONDS=yes"),
    ])
    func namesAnExpression(_ text: String, _ advice: String) throws {
        let error = try #require(
            #expect(throws: ExpressionError.self) { try CronExpression(text) })
        #expect(error.message.contains(advice), "\(error.message)")
        #expect(error.offset == 0 && error.length == text.count)
    }

    /// Prefix upon prefix is no advice's matter, and takes no more time than its length.
    @Test(arguments: ["cron: ", "schedule: ", "CRON_TZ=UTC ", "TZ=UTC ", "cron: CRON_TZ=UTC "])
    func refusesManyPrefixes(_ prefix: String) throws {
        let text = String(repeating: prefix, count: 40) + "0 2 * * *"
        let error = try #require(
            #expect(throws: ExpressionError.self) { try CronExpression(text) })
        #expect(!error.message.contains("write `0 2 * * *`"), "\(error.message)")
    }

    /// What is right for us is nobody else's, however much it looks like it.
    @Test(arguments: [
        "0 2 * * * x", "5 4 * * sun x", "5 4 mon x y z", "0 22 dec * * x", "@daily x",
        "@reboot 5 x",
        "FOO=bar", "0 0 13 * 5 x", "1 2 3 4 5 x", "@every 5m x", "~ 4 * * * x", "1 5 L * * x",
    ])
    func leavesOthersAlone(_ line: String) {
        #expect(ForeignLine(line) == nil)
    }

    @Test(arguments: [
        (
            "1\t5\tcron.daily\tnice run-parts /etc/cron.daily",
            "anacrontab (period, delay, name, command): write `@daily nice run-parts /etc/cron.daily`"
        ),
        ("@monthly 15 cron.monthly run-parts x", "write `@monthly run-parts x`"),
        ("3 10 three x", "write `@every 3d x`"),
        ("& 0 2 * * * cmd", "fcron's: write `0 2 * * * cmd`"),
        ("&nice(10),bootrun 0 2 * * * cmd", "write `0 2 * * * cmd`"),
        ("@ 30 getmail -a", "write `@every 30m getmail -a`"),
        ("@bootrun 2d cmd", "write `@every 2d cmd`"),
        ("@ 2m cmd", "no length of time that can be said"),
        ("%nightly,mail(no) * 21-23,3-5 echo", "`~` picks one"),
        ("!serial(true),b(0)", "options can't be said"), ("[Timer]", "unit file of systemd's"),
        ("*-*-* 02:30:00 /usr/bin/foo --x", "write `30 2 * * * /usr/bin/foo --x`"),
        ("0 0 12 * * ? cmd a", "write `0 12 * * * cmd a`"),
        ("\"0 2 * * *\" cmd", "write `0 2 * * * cmd`"),
    ])
    func namesALine(_ line: String, _ advice: String) throws {
        let foreign = try #require(ForeignLine(line))
        #expect(foreign.message.contains(advice), "\(foreign.message)")
    }
}

/// Lines that are valid, and surely not meant.
struct CrontabHintTests {
    private static let now = Instant(seconds: 1_795_000_000)

    private func warnings(_ text: String) throws -> [CrontabDiagnostic] {
        let options = CrontabFile.Options(zone: .utc, now: CrontabHintTests.now)
        return CrontabFile.parse(text, options: options).diagnostics
    }

    @Test(arguments: [
        ("0 2 * * * date \"+%H:%M\" > x", 18, "write `\\%` for a percent sign"),
        ("0 2 * * * date +%F", 17, "write `\\%`"), ("0 2 * * * a $(date '+%F')", 22, "write `\\%`"),
        ("0 2 * * * find . -printf %f", 26, "write `\\%`"),
        ("0 2 * * * -q x", 11, "a flag to other crons"),
        ("0 2 * * * # off", 11, "the command is a comment"),
        ("0 2 * * * --help", 11, "no program is called so"),
        ("0 0 2 * * 1-5 x", 11, "a sixth field"), ("0 0 2 * * mon-fri x", 11, "a sixth field"),
        ("@every 5 minutes x", 8, "write `@every 5m`"),
        ("@monthly 15 cron.monthly x", 1, "an anacrontab"),
        ("0 0 12 * * ? x", 1, "write `0 12 * * * x`"), ("0 2 * * * x \\", 13, "isn't continued"),
        ("0 2 * * * { \"command\": \"x\" }", 11, "without a blank"),
        ("PATH=$HOME/bin", 6, "nothing in a value is expanded"),
        ("P=/bin:~/bin", 3, "nothing in a value is expanded"),
        ("P=\"${HOME}/x\"", 3, "nothing in a value is expanded"),
        ("FOO=bar 0 2 * * * x", 9, "write `FOO=bar` and the entry on two lines"),
        ("MAILTO=root @daily x", 13, "write `MAILTO=root` and the entry on two lines"),
        ("OnCalendar=Mon..Fri 09:00", 1, "write `0 9 * * 1-5 COMMAND`"),
        ("CRON_TZ=EST", 9, "write America/New_York"),
    ])
    func warns(_ line: String, _ column: Int, _ advice: String) throws {
        let found = try warnings(line + "\n")
        #expect(found.count == 1 && found[0].severity == .warning)
        #expect(found[0].column == column, "\(found)")
        #expect(found[0].message.contains(advice), "\(found)")
    }

    @Test(arguments: [
        "0 2 * * * date +\\%F", "0 9 1 * * mail -s 'Month end' x@y%Close the books.%",
        "0 2 * * * cat%a\\%b", "0 2 * * * 7z a x", "0 2 * * * [ -x /a ] && b",
        "@every 5m minutes", "A=b", "P=/usr/bin", "PASSWORD=a$b", "PROMPT='$ '", "X=a b c d e f",
        "CRON_TZ=CET", "0 2 * * * {\"command\": \"date +%F\"}", "0 2 * * * a; { \"x\"; }",
        "@hourly 5 x", "0 2 * * * ls C:\\\\",
    ])
    func leavesOthersAlone(_ line: String) throws {
        #expect(try warnings(line + "\n") == [])
    }

    @Test func anEntryBehindAZoneIsAnError() throws {
        let found = try warnings("CRON_TZ=Europe/Paris 0 2 * * * x\n")
        #expect(found.count == 1 && found[0].severity == .error)
        #expect(found[0].message.contains("`CRON_TZ=Europe/Paris` and the entry on two lines"))
    }

    @Test(arguments: [
        ("-*/15 * * * * x", "take it away"), ("export FOO=bar", "without `export`"),
        ("[Timer]", "systemd's"), ("7 25 cron.weekly x", "anacrontab"),
    ])
    func foreignLinesAreErrors(_ line: String, _ advice: String) throws {
        let found = try warnings(line + "\n")
        #expect(found.count == 1 && found[0].severity == .error)
        #expect(found.first?.message.contains(advice) == true, "\(found)")
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let mark = "\u{feff}"
        let options = CrontabFile.Options(zone: .utc, now: CrontabHintTests.now)
        let good = CrontabFile.parse("\(mark)0 2 * * * x\n", options: options)
        #expect(good.diagnostics.isEmpty && good.entries.count == 1)
        #expect(
            good.entries[0].name
                == CrontabFile.parse("0 2 * * * x\n", options: options).entries[0].name
        )
        #expect(try warnings("\(mark)0 25 * * * x\n").map(\.column) == [3])
        #expect(try warnings("\(mark)MAILTO=a\n") == [])
        let second = try warnings("# a\n\(mark)0 2 * * * x\n")
        #expect(second.count == 1 && second[0].message.contains("byte order mark"))
    }

    @Test func aStepBeyondItsFieldIsAPeriod() throws {
        #expect(try warnings("*/90 * * * * x\n")[0].message.contains("`@every 1h30m`"))
        #expect(try warnings("0 */48 * * * x\n")[0].message.contains("`@every 2d`"))
    }
}

import Foundation
import SpoolTestSupport
import Testing

/// An expression, a zone and an instant, with the slots that follow; none when the expression is refused.
struct CommandVector: Decodable, Sendable, CustomTestStringConvertible {
    let expr: String
    let tz: String
    let after: String
    let next: [String]
    let note: String
    let kind: String

    var testDescription: String { "\(expr) \(tz) after \(after): \(note)" }

    static let all: [CommandVector] = ["cron-vectors.json", "watched-vectors.json"].flatMap {
        name -> [CommandVector] in
        let path = Package.path("Tests/SpoolScheduleTests/" + name)
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            return try JSONDecoder().decode([CommandVector].self, from: bytes)
        } catch {
            Issue.record("\(path): \(error)")
            return []
        }
    }

    /// Those that are refused, or that this machine's zone data agrees with.
    static let usable = all.filter {
        $0.kind == "reject" || ZoneData.agrees(with: [$0.after] + $0.next, in: $0.tz)
    }
}

/// `spool cron next` and `spool cron explain`.
struct CronNextTests {
    @Test func theVectorsAreThere() {
        #expect(CommandVector.all.count == 86 + 128)
        #expect(CommandVector.usable.count > 190)
    }

    @Test(arguments: CommandVector.usable)
    func everyVector(_ vector: CommandVector) throws {
        let isRefused = vector.kind == "reject"
        let hasSeconds = !isRefused && vector.expr.split(separator: " ").count == 6
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["cron", "next", "--tz", vector.tz, "--after", vector.after, "-n", "3"]
                + (hasSeconds ? ["--seconds"] : []) + [vector.expr])
        #expect(result.status == (isRefused ? 65 : 0), "\(result.errorText)")
        // Letter for letter.
        #expect(result.text == vector.next.map { $0 + "\n" }.joined())
        #expect(isRefused == !result.error.isEmpty)
        if isRefused { #expect(result.errorText.contains("^")) }
        #expect(!spool.exists(""), "no spool is made")
    }

    private func next(_ arguments: String...) throws -> ProgramResult {
        try TemporarySpool().run(["cron", "next"] + arguments)
    }

    @Test func pointsAtWhatIsWrong() throws {
        let result = try next("0 22-2 * * *")
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(
            result.errorText == """
                spool: `22-2` runs backwards: write `22-23,0-2`
                  0 22-2 * * *
                    ^^^^

                """)
        // A tab is kept, so that the mark stands below wherever tabs end.
        #expect(try next("0\t24 * * *").errorText.hasSuffix("\n  0\t24 * * *\n   \t^^\n"))
        let six = try next("*/20 * * * * *")
        #expect(six.status == 65 && six.errorText.contains("give --seconds"))
        let escape = try next("\u{1b}[31m * * * *")
        #expect(escape.status == 65 && !escape.errorText.contains("\u{1b}"))
        #expect(try next("").status == 65)
        #expect(try next("0 0 30 2 *").errorText.contains("never fires"))
    }

    /// They are no names of entries, unless there is such an entry.
    @Test(arguments: [
        "at(2099-12-24T18:00:00)", "rate(5 minutes)", "cron(0 12 * * ? *)", "OnCalendar=daily",
        "OnCalendar=*-*-01", "every 5 minutes",
    ])
    func knowsOtherDialects(_ text: String) throws {
        for command in ["next", "explain"] {
            let spool = try TemporarySpool()
            for isThere in [false, true] {
                let result = try spool.run("cron", command, text)
                #expect(result.status == 65 && result.output.isEmpty)
                #expect(result.errorText.contains("this is "), "\(result.errorText)")
                #expect(result.errorText.contains("write `"), "\(result.errorText)")
                if !isThere { #expect(try spool.run("init").status == 0) }
            }
            try spool.write("crontab", "0 1 * * * {\"name\": \"daily\", \"command\": \"true\"}\n")
            #expect(try spool.run("cron", command, "daily").status == 0)
        }
    }

    @Test func takesWordsAsOneExpression() throws {
        let result = try next(
            "--tz", "UTC", "--after", "2026-01-01T00:00:00Z", "5", "4", "*", "*", "*")
        #expect(result.line == "2026-01-01T04:05:00+00:00")
    }

    @Test func readsTimesOfTheZonesClock() throws {
        func after(_ time: String) throws -> String {
            try next("--tz", "America/New_York", "--after", time, "* * * * *").line
        }
        #expect(try after("2026-07-01T12:00") == "2026-07-01T12:01:00-04:00")
        // In a gap, and the first of two.
        #expect(try after("2026-03-08T02:30") == "2026-03-08T03:01:00-04:00")
        #expect(try after("2026-11-01T01:30") == "2026-11-01T01:31:00-04:00")
        #expect(try after("2026-11-01T01:30:30.5-05:00") == "2026-11-01T01:31:00-05:00")
    }

    @Test func writesOffsetsWithSeconds() throws {
        let result = try next(
            "--tz", "America/New_York", "-n", "2", "--after", "1883-11-18T11:00:00-04:56:02",
            "0 12 * * *")
        #expect(result.text == "1883-11-18T12:00:00-04:56:02\n1883-11-19T12:00:00-05:00\n")
        let east = try next(
            "--tz", "Europe/Paris", "--after", "1890-01-01T00:00:00+00:09:21", "@daily")
        #expect(east.line == "1890-01-02T00:00:00+00:09:21")
    }

    @Test func wordsThatAreSchedules() throws {
        let every = try next(
            "-n", "2", "--after", "2026-01-01T00:00:00Z", "--tz", "UTC", "@every 90s")
        #expect(every.text == "2026-01-01T00:01:30+00:00\n2026-01-01T00:03:00+00:00\n")
        let seen = try next(
            "--after", "2026-01-01T00:00:00Z", "--first-seen", "2025-12-31T23:59:00Z", "--tz",
            "UTC",
            "@every", "90s")
        #expect(seen.line == "2026-01-01T00:00:30+00:00")
        let once = try next(
            "-n", "3", "--after", "2026-01-01T00:00:00Z", "--tz", "Europe/Paris",
            "@at 2026-12-24T18:00")
        #expect(once.status == 0 && once.text == "2026-12-24T18:00:00+01:00\n")
        #expect(once.errorText.contains("no more slots"))
        let past = try next("--after", "2027-01-01T00:00:00Z", "@at 2026-12-24T18:00")
        #expect(past.status == 1 && past.output.isEmpty && past.errorText.contains("no slot after"))
        let boot = try next("@reboot")
        #expect(boot.status == 1 && boot.output.isEmpty)
        #expect(boot.errorText.contains("after each boot"))
    }

    @Test func combinesDays() throws {
        func first(_ rule: String) throws -> String {
            try next(
                "--tz", "UTC", "--after", "2026-01-01T00:00:00Z", "--day-match", rule, "0 0 13 * 5"
            ).line
        }
        #expect(try first("cron") == "2026-01-02T00:00:00+00:00")
        #expect(try first("and") == "2026-02-13T00:00:00+00:00")
        #expect(try first("or") == "2026-01-02T00:00:00+00:00")
    }

    @Test func printsJSON() throws {
        let result = try next(
            "--json", "--tz", "Europe/Paris", "--after", "2026-07-01T00:00:00Z", "@hourly")
        let object = try JSONDecoder().decode([String: String].self, from: Data(result.output))
        #expect(
            object == [
                "slot": "2026-07-01T03:00:00+02:00", "utc": "2026-07-01T01:00:00+00:00",
                "zone": "Europe/Paris",
            ])
    }

    @Test func staysAtTheEndsOfTime() throws {
        let end = try next("--tz", "UTC", "-n", "3", "--after", "9999-12-31T23:58:00Z", "* * * * *")
        #expect(end.text == "9999-12-31T23:59:00+00:00\n")
        let far = try next("--tz", "Europe/Paris", "--after", "2200-07-01T00:00:00Z", "30 2 * * *")
        #expect(far.line == "2200-07-01T02:30:00+02:00")
    }

    @Test func explains() throws {
        let spool = try TemporarySpool()
        let result = try spool.run("cron", "explain", "--tz", "Europe/Paris", "0 0 13 * 5")
        #expect(result.status == 0)
        #expect(result.line == "at 00:00 on the 13th of every month and on Fridays, Europe/Paris")
        #expect(result.errorText.contains("warning: day of month `13`"))
        let object = try #require(
            JSONSerialization.jsonObject(
                with: Data(try spool.run("cron", "explain", "--json", "*/70 * * * *").output))
                as? [String: Any])
        #expect((object["warnings"] as? [String])?.count == 1)
        #expect(object["explanation"] as? String != nil)
        #expect(try spool.run("cron", "explain", "nonsense * * * *").status == 65)
    }
}

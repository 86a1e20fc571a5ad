import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// What people see on a terminal.
@Suite(.enabled(if: FileTree.exists("/usr/bin/script"), "script(1) makes the terminal"))
struct TerminalTests {
    private let spool: TemporarySpool

    init() throws { spool = try TemporarySpool() }

    /// Runs a command with its output on a terminal.
    private func shown(_ line: String, columns: Int = 200) throws -> String {
        let script = "stty cols \(columns); NO_COLOR=1 \(TemporarySpool.binary) \(line)"
        let result = try spool.shell("script -qec '\(script)' /dev/null < /dev/null")
        return result.text.replacing("\r\n", with: "\n")
    }

    @Test(arguments: [40, 60, 72, 80])
    func aNarrowListKeepsTheJob(_ columns: Int) throws {
        #expect(try spool.run("run", "--", "sleep", "12345").status == 0)
        #expect(try spool.run("run", "-q", "a-longer-name", "--", "sh", "-c", "exit 3").status == 0)
        try spool.runWorker("-q", "a-longer-name", "-j", "1")
        let lines = try shown("list", columns: columns).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("ID") && $0.contains("STATE") && $0.contains("JOB") })
        #expect(lines.contains { $0.contains("queued") && $0.contains("sleep 12345") }, "\(lines)")
        #expect(
            lines.contains { $0.contains("failed") && $0.contains("sh -c 'exit 3") }, "\(lines)")
        #expect(lines.allSatisfy { $0.columns <= columns }, "\(lines)")
    }

    @Test func aNarrowListKeepsTheExitCodeRatherThanTheTime() throws {
        #expect(try spool.run("run", "-n", "a-name-of-a-long-job", "-c", "exit 126").status == 0)
        try spool.runWorker("-j", "1")
        #expect(try shown("list").contains("exit 126 ("))
        for columns in [56, 60] {
            let lines = try shown("list", columns: columns).split(separator: "\n")
            #expect(lines.contains { $0.contains("exit 126  a-name") }, "\(lines)")
        }
    }

    @Test(arguments: [40, 60, 80])
    func aNarrowListOfEntriesKeepsWhenTheyRunNext(_ columns: Int) throws {
        let text = "0 2 * * * /usr/local/bin/backup --everything\n"
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: text).status == 0)
        let lines = try shown("cron list", columns: columns).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("NAME") && $0.contains("NEXT") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("backup") && $0.contains(" in ") }, "\(lines)")
    }

    @Test func aLongNameIsCutBeforeThat() throws {
        let name = String(repeating: "long-", count: 12)
        let text = "0 2 * * * {\"name\": \"\(name)x\", \"command\": \"true\"}\n"
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: text).status == 0)
        let lines = try shown("cron list", columns: 40).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("NAME") && $0.hasSuffix("  NEXT") }, "\(lines)")
        #expect(
            lines.contains { $0.hasPrefix("long-long-") && $0.contains("…  in ") }, "\(lines)")
    }

    /// Nothing that somebody has written controls a terminal; files and pipes get it as it is.
    @Test func controlCharactersAreShown() throws {
        let escape = "\u{1b}]0;mine\u{7}\u{1b}[2J"
        let text = "# note\n0 2 * * * echo \(escape)\n"
        let installed = try spool.run(["cron", "edit", "-f", "-"], input: text)
        #expect(installed.status == 0, "\(installed.errorText)")
        _ = try spool.run("run", "-n", "n\(escape)", "--", "echo", escape)
        try FileTree.write(spool.home + "/old", Array(text.utf8))
        let name = try spool.run("cron", "list", "--json").text.split(separator: "\"").dropFirst(3)
        let commands = [
            "cron export", "cron import old", "cron list", "cron list --json", "list",
            "list --json", "status", "status --json", "", "cron check old", "check",
            "cron explain \(name.first ?? "")", "clean --dry-run --all --older 0s",
        ]
        for command in commands {
            let shown = try shown(command)
            #expect(!shown.contains("\u{1b}") && !shown.contains("\u{7}"), "\(command): \(shown)")
            #expect(!shown.isEmpty)
        }
        for command in ["cron export", "cron import old"] {
            let words = command.split(separator: " ").map(String.init)
            #expect(try spool.run(words).text.contains("echo \(escape)\n"), "\(command)")
            #expect(try shown(command).contains(#"echo \u001b]0;mine\u0007\u001b[2J"#))
        }
    }

    /// A job's output is its own.
    @Test func logsAreRaw() throws {
        let id = try spool.submit("--", "printf", #"\033[1mbold\n"#)
        try spool.runWorker("-j", "1")
        #expect(try shown("logs \(id)").contains("\u{1b}[1mbold\n"))
    }
}

import Foundation
import Spool
import SpoolCheck
import SpoolRunner
import SpoolSystem
import SpoolTime
import Testing

@testable import SpoolCommand

/// What the manual says of the program is so, and what the program has is in the manual.
@Suite struct DocumentationTests {
    private let manual: ManualText

    init() throws {
        manual = ManualText(try Package.text("man/spool.1"))
    }

    // MARK: spool(1)

    @Test func everyCommandHasItsSection() {
        let sections = manual.parts(of: "COMMANDS").filter {
            !["Common options", "Filters"].contains($0)
        }
        #expect(sections == SpoolTool.commands.map(\.name) + ["help"])
        // And nothing else is called a command.
        let words = sections.flatMap { $0.split(separator: " ").map(String.init) }
        #expect(manual.all("Cm").subtracting(words) == [])
    }

    /// An option as both sides can be compared.
    private struct Entry: Hashable, CustomStringConvertible {
        var short: String?
        var long: String
        var argument: String?

        var description: String { "\(short.map { "-\($0), " } ?? "")--\(long) \(argument ?? "")" }

        init(_ option: SpoolCommand.Option) {
            short = option.short.map(String.init)
            long = option.long
            argument = option.argument?.lowercased()
        }

        /// `.It Fl w , -wait Ar x`
        init(_ line: ManualText.Line) throws {
            let flags = line.arguments(of: "Fl")
            short = flags.first { !$0.hasPrefix("-") }
            long = String(try #require(flags.first { $0.hasPrefix("-") }).dropFirst())
            let words = line.words.drop { $0 != "Ar" }.filter { $0 != "Ar" && $0 != "Ns" }
            argument = words.isEmpty ? nil : words.joined()
        }
    }

    private func documentedOptions(_ part: String) throws -> [Entry] {
        try manual.lines("COMMANDS", part).filter { $0.macro == "It" }.map { try Entry($0) }
    }

    @Test(arguments: SpoolTool.commands.map(\.name))
    func everyOptionIsDocumented(_ name: String) throws {
        let command = try #require(SpoolTool.commands.first { $0.name == name })
        let parts = ["Common options": SpoolCommand.Option.common, "Filters": JobFilter.options]
        let own = command.options.filter { option in
            !parts.values.joined().contains {
                // Each command's help has the states that it fits.
                $0.long == option.long && ($0.help == option.help || $0.long == "state")
            }
        }
        #expect(try documentedOptions(name) == own.map { Entry($0) })
        for (part, options) in parts {
            #expect(try documentedOptions(part) == options.map { Entry($0) })
        }
    }

    @Test func everyOptionThatIsMentionedExists() {
        let options = SpoolTool.commands.flatMap(\.options)
        let short = options.compactMap { $0.short.map(String.init) }
        let known = Set(options.map { "-" + $0.long } + short)
        #expect(manual.all("Fl").subtracting(known) == ["-version"])
    }

    @Test(arguments: SpoolTool.commands.map(\.name))
    func theSynopsisNamesTheOperands(_ name: String) throws {
        let command = try #require(SpoolTool.commands.first { $0.name == name })
        let synopsis = try manual.lines("COMMANDS", name).filter {
            $0.macro == "D1" && $0.arguments(of: "Cm").joined(separator: " ") == name
        }
        let shown = Set(synopsis.flatMap { $0.arguments(of: "Ar") }).subtracting(["...", "-"])
        let operands = command.operands.lowercased().split { !$0.isLetter }.map(String.init)
        let hasOptions = command.options.count > SpoolCommand.Option.common.count
        // A bare `.Ar` stands for "file ...".
        let isBare = synopsis.contains { $0.words.last == "Ar" }
        #expect(
            shown.union(isBare ? ["file"] : []) == Set(operands + (hasOptions ? ["option"] : [])))
    }

    @Test(arguments: SpoolTool.commands.map(\.name))
    func helpMentionsEveryOption(_ name: String) throws {
        let command = try #require(SpoolTool.commands.first { $0.name == name })
        let run = try Run(
            [Package.spool] + name.split(separator: " ").map(String.init) + ["--help"],
            environment: [:], directory: "/tmp")
        #expect(run.status == 0)
        #expect(run.error == "")
        #expect(run.output.hasPrefix("usage: spool \(name)"))
        let lines = run.output.split(separator: "\n")
        for option in command.options {
            let short = option.short.map { "-\($0), " } ?? "    "
            let heading = "  \(short)--\(option.long)" + (option.argument.map { " " + $0 } ?? "")
            #expect(lines.contains { $0 == heading || $0.hasPrefix(heading + " ") }, "\(heading)")
        }
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test func everyExitStatusIsDocumented() throws {
        let documented = try manual.lines("EXIT STATUS").filter { $0.macro == "It" }.map {
            Int32($0.words.joined())
        }
        #expect(documented == ExitStatus.table.map(\.status).sorted())
    }

    @Test func everyFindingIsDocumented() throws {
        let items = try manual.lines("FINDINGS").filter { $0.macro == "It" }
        #expect(
            items.flatMap { $0.arguments(of: "Li") }
                == SpoolCheck.Finding.Code.allCases.map(\.rawValue))
        #expect(
            items.flatMap { $0.arguments(of: "No") }
                == SpoolCheck.Finding.Code.allCases.map { "(\($0.severity.rawValue))" })
        let fields = try manual.lines("FINDINGS").flatMap { $0.arguments(of: "Va") }
        #expect(Set(fields) == Set(SpoolCheck.Finding.CodingKeys.allCases.map(\.rawValue)))
    }

    @Test func everyStateIsDocumented() throws {
        let words = try manual.lines("COMMANDS", "list").prefix { $0.macro != "Bl" }
            .flatMap { $0.arguments(of: "Li") }
        #expect(words == JobState.allCases.map(\.rawValue))
    }

    @Test func theVariablesOfACommandAreDocumented() throws {
        var job = Job(command: .shell("true"))
        job.cron = Job.Recurrence(entry: "e", slot: Instant(seconds: 0))
        let name = try #require(JobFileName("01ARZ3NDEKTSV4RRFFQ69G5FAV.1.json"))
        let setup = CommandSetup(
            job, at: JobLocation(.running, name), spoolPath: "/spool",
            defaults: CommandDefaults(environment: [:]))
        let set = setup.environment.compactMap {
            $0.split(separator: "=").first.map(String.init)
        }
        .filter { $0.hasPrefix("SPOOL_") }
        let documented = try manual.items("Ev", "ENVIRONMENT", "Seen by a job's command")
        #expect(Set(documented) == Set(set))
        #expect(documented.count == set.count)
    }

    @Test func theVariablesThatAreReadAreDocumented() throws {
        let sources = try Package.sources(below: "Sources")
        let looks = sources.matches(of: /(?:variable\(|bytes\(of: )"([A-Z_]+)"/)
        let read = Set(looks.map { String($0.1) })
        let documented = Set(try manual.items("Ev", "ENVIRONMENT", "Read by spool"))
        #expect(read.subtracting(documented) == [])
        for name in documented { #expect(sources.contains("\"\(name)\""), "\(name)") }
        // Those that are only mentioned are in the program as well.
        for name in manual.all("Ev") {
            #expect(sources.contains("\"\(name)\""), "\(name)")
        }
    }

    @Test func theFieldsThatOnlyTheListHasAreDocumented() throws {
        let spool = try ExampleSpool()
        try FileManager.default.createSymbolicLink(
            atPath: spool.path + "/incoming/link.json", withDestinationPath: "/etc/passwd")
        _ = try spool.spool("worker", "--until-empty")
        let job = try #require(try spool.list().first)
        // 'run' has that alone.
        #expect(
            Set(job.keys) == Set(try manual.items("Va", "JSON OUTPUT")).subtracting(["earlier"]))
    }

    @Test func theFieldsAndCodesOfTheOverviewAreDocumented() throws {
        let part = try manual.lines("JSON OUTPUT", "The spool in short")
        let own = Set(Overview.CodingKeys.allCases.map(\.rawValue))
        let items = part.filter { $0.macro == "It" }.flatMap { $0.arguments(of: "Va") }
        #expect(Set(items) == own)
        #expect(Set(part.flatMap { $0.arguments(of: "Va") }) == OverviewFields.all)
        #expect(
            part.flatMap { $0.arguments(of: "Li") }
                == Overview.Problem.Code.allCases.map(\.rawValue))
    }

    // MARK: All pages, and the README

    @Test(
        .enabled(if: Package.tool("mandoc") != nil, "mandoc(1) is not installed"),
        arguments: ["spool.1", "spool-crontab.5", "spool-format.5", "spool.7"])
    func thePageIsClean(_ page: String) throws {
        let mandoc = try #require(Package.tool("mandoc"))
        let run = try Run(
            [mandoc, "-T", "lint", "-W", "warning", Package.path("man/" + page)],
            environment: [:], directory: NSTemporaryDirectory())
        #expect(run.output == "")
        #expect(run.status == 0)
    }

    @Test func everyFieldThatIsMentionedExists() throws {
        let known = try FormatFields.all().union(DocumentationCrontabTests.fields)
            .union(OverviewFields.all).union(KeyRecord.CodingKeys.allCases.map(\.rawValue))
        for page in ["spool.1", "spool-crontab.5", "spool-format.5", "spool.7"] {
            let text = ManualText(try Package.text("man/" + page))
            // These are what `--json` adds.
            let added: Set = ["file", "earlier"]
            #expect(text.all("Va").subtracting(known).subtracting(added) == [], "\(page)")
        }
    }

    @Test func everySectionThatIsReferredToExists() throws {
        let pages = try ["spool.1", "spool-crontab.5", "spool-format.5", "spool.7"].map {
            try Package.text("man/" + $0)
        }
        let titles = Set(
            pages.flatMap { page in
                page.matches(of: /(?m)^\.S[hs] (.+)$/).map { String($0.1) }
            })
        var count = 0
        for page in pages {
            for reference in page.matches(of: /(?m)^\..*?\bSx ([^.,;\n]+)/) {
                let title = reference.1.reversed().drop { $0 == " " }.reversed()
                #expect(titles.contains(String(title)), "\(reference.0)")
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test func theReadmeHasTheCommands() throws {
        let readme = try Package.text("README.md")
        let lines = readme.split(separator: "\n")
        for command in [
            "swift run -c release spool run --follow -- echo hello", "swift test",
            "swift build -c release --product spool", "swift run -c release spool-bench",
        ] {
            #expect(lines.contains(Substring(command)), "\(command)")
        }
        let headings = Set(
            lines.filter { $0.hasPrefix("## ") }.map {
                "#" + $0.dropFirst(3).lowercased().replacingOccurrences(of: " ", with: "-")
            })
        for link in readme.matches(of: /\]\(([^)]+)\)/).map({ String($0.1) }) {
            let isThere =
                link.hasPrefix("#")
                ? headings.contains(link)
                : FileManager.default.fileExists(atPath: Package.path(link))
            #expect(isThere, "\(link)")
        }
        for page in readme.matches(of: /man \.\/(man\/[a-z.0-9-]+)/).map({ String($0.1) }) {
            #expect(FileManager.default.fileExists(atPath: Package.path(page)), "\(page)")
        }
    }
}

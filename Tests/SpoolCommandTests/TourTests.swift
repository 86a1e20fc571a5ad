import Foundation
import SpoolTestSupport
import Testing

/// Whoever follows the tour of the README sees what it says.
struct TourTests {
    private struct Line {
        let text: String
        /// What is said to be in its output; nil: nothing is.
        let shown: String?

        init(_ line: Substring) {
            text = String(line)
            let parts = line.components(separatedBy: "# → ")
            shown = parts.count == 2 ? parts[1] : nil
        }
    }

    /// All lines of all code in the section, in order.
    private func lines() throws -> [Line] {
        let readme = try Package.text("README.md")
        let tour = try #require(
            readme.components(separatedBy: "\n## ").first { $0.hasPrefix("A tour") })
        var isCode = false
        var lines: [Line] = []
        for line in tour.split(separator: "\n") {
            if line.hasPrefix("```") {
                isCode.toggle()
            } else if isCode {
                lines.append(Line(line))
            }
        }
        return lines
    }

    @Test func theTourCanBeFollowedLineByLine() throws {
        let spool = try TemporarySpool()
        let lines = try lines()
        #expect(lines.count > 20 && lines.count { $0.shown != nil } > 10)
        // One shell for all, as a person has it; a mark after each line tells whose output is whose.
        let script = lines.enumerated().map { number, line in
            "\(line.text)\necho \"@@ \(number) $?\"\n"
        }
        var environment = spool.environment
        environment["SPOOL_DIR"] = nil
        environment["SPOOL_AUTOSTART"] = nil
        environment["PATH"] = Package.products.path + ":" + (environment["PATH"] ?? "")
        let run = try Run(
            ["/bin/sh"], environment: environment, directory: spool.home,
            input: "exec 2>&1\n" + script.joined())
        defer {
            _ = try? Run(
                [Package.spool, "daemon", "--stop"],
                environment: environment.merging(["SPOOL_DIR": spool.home + "/tour"]) { $1 },
                directory: spool.home)
        }
        var rest = run.output[...]
        for (number, line) in lines.enumerated() {
            let mark = "@@ \(number) "
            guard let end = rest.range(of: mark) else {
                Issue.record("\(line.text): the shell has ended: \(rest)")
                return
            }
            let output = rest[..<end.lowerBound]
            rest = rest[end.upperBound...]
            let status = rest.prefix { $0 != "\n" }
            rest = rest.dropFirst(status.count + 1)
            #expect(status == "0", "\(line.text): \(output)")
            if let shown = line.shown {
                #expect(output.contains(shown), "\(line.text): \(output)")
            }
        }
        // And what the prose promises of files.
        let tour = spool.home + "/tour"
        #expect(FileTree.exists(tour + "/format") && FileTree.exists(tour + "/crontab"))
    }
}

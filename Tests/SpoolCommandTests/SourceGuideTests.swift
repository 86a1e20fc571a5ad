import Foundation
import SpoolTestSupport
import Testing

/// What Sources/README.md says of the tree is so.
@Suite struct SourceGuideTests {
    private let text: String
    private let files: [String]

    init() throws {
        text = try Package.text("Sources/README.md")
        files = try ["Sources", "Tests"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: Package.path(folder)).map {
                "\(folder)/\($0)"
            }
        }
    }

    /// What stands between backquotes.
    private var quoted: [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    @Test func everyFileThatItNamesIsThere() {
        let names = Set(files.map { ($0 as NSString).lastPathComponent })
        let sources = quoted.filter { $0.hasSuffix(".swift") }
        #expect(sources.count > 50)
        #expect(sources.filter { !names.contains($0) } == [])
    }

    @Test func everyPathThatItNamesIsThere() {
        let paths = quoted.filter { $0.hasPrefix("Tests/") || $0.hasPrefix("man/") }
        #expect(!paths.isEmpty)
        for path in paths {
            #expect(FileManager.default.fileExists(atPath: Package.path(path)), "\(path)")
        }
    }

    /// The steps of the model are those of functions that are there: `Type.function`, in the second column.
    @Test func everyStepOfTheModelNamesItsSource() throws {
        let rows = try Package.text("Tests/Model/README.md").split(separator: "\n")
            .drop { $0 != "| model | source | system calls |" }.prefix { $0.hasPrefix("|") }
            .dropFirst(2)
        let sources = rows.flatMap { row in
            row.split(separator: " | ")[1].split(separator: "`").filter { $0.contains(".") }
        }
        #expect(sources.count > 15)
        for source in sources {
            let words = source.split(separator: ".")
            let texts = try files.filter {
                $0.hasPrefix("Sources/") && $0.hasSuffix("/\(words[0]).swift")
            }.map(Package.text)
            #expect(texts.contains { $0.contains("func \(words[1])(") }, "\(source)")
        }
    }

    @Test func everyFolderOfTheLibraryIsExplained() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Package.path("Sources/Spool")
        )
        .filter { !$0.hasSuffix(".swift") }
        for folder in folders { #expect(quoted.contains(folder + "/"), "\(folder)") }
    }

    @Test func everyTargetIsExplained() throws {
        let targets = try FileManager.default.contentsOfDirectory(atPath: Package.path("Sources"))
            .filter { $0 != "README.md" }
        #expect(targets.count > 8)
        for target in targets { #expect(quoted.contains(target), "\(target)") }
    }

    /// Requests and results are for any front, and views show any result.
    @Test func commandsPrintNothingAndViewsKnowNoSpool() throws {
        let rules = [
            "Commands": "Console", "Cron": "Console", "Views": "SpoolDirectory",
        ]
        var count = 0
        for (folder, word) in rules {
            for file in files where file.hasPrefix("Sources/SpoolCommand/\(folder)/") {
                guard file.hasSuffix(".swift") else { continue }
                count += 1
                let words = try Package.text(file).split { !$0.isLetter }
                #expect(!words.contains { $0 == word }, "\(file) knows \(word)")
            }
        }
        #expect(count > 60)
    }

    /// The modules that a text imports, in whatever form: whole or a declaration of them, with attributes or without.
    private static func imports(in text: String) -> [String] {
        let form =
            #/^\s*(?:(?:@\w+(?:\([^)]*\))?|public|package|internal|fileprivate|private)\s+)*import\s+/#
        let declaration = #/^(?:typealias|struct|class|actor|enum|protocol|let|var|func)\s+/#
        return text.split { "\n;".contains($0) }.compactMap { line in
            guard let match = line.prefixMatch(of: form) else { return nil }
            let rest = line[match.range.upperBound...].trimmingPrefix(declaration)
            return String(
                rest.drop { $0 == "`" }.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        }
    }

    @Test(arguments: [
        "import Module", "  import Module", "import  Module // as it is", "import Module.Part",
        "import func Module.call", "import struct Module.Part", "import typealias Module.Name",
        "import Other; import Module", "@_exported import Module", "@testable import Module",
        "@preconcurrency import Module", "@preconcurrency\nimport Module", "public import Module",
        "@_spi(Other) @preconcurrency private import class Module.Part", "import `Module`",
    ])
    func everyFormOfImportIsSeen(_ line: String) {
        #expect(SourceGuideTests.imports(in: "let a = 1\n\(line)\n").last == "Module")
    }

    /// `SpoolMain → SpoolCommand`: a target imports what is below it, and of the toolchain the C library alone.
    @Test func importsFollowTheArrows() throws {
        let order = [
            "CSpoolSystem", "SpoolSystem", "SpoolTime", "SpoolSchedule", "Spool", "SpoolCheck",
            "SpoolRunner", "SpoolCommand", "SpoolMain",
        ]
        var count = 0
        for (rank, target) in order.enumerated() {
            let allowed = Set(order[..<rank] + ["Glibc"])
            for file in files where file.hasPrefix("Sources/\(target)/") && file.hasSuffix(".swift")
            {
                for module in SourceGuideTests.imports(in: try Package.text(file)) {
                    count += 1
                    #expect(allowed.contains(module), "\(file) imports \(module)")
                    // Time knows no files, and the schedules read zone files only.
                    if target == "SpoolTime" || target == "SpoolSchedule" {
                        let mayRead = file.hasPrefix("Sources/SpoolSchedule/Zones/")
                        #expect(mayRead || module != "SpoolSystem", "\(file)")
                    }
                    // The others make no system calls; only main.swift calls exit(3).
                    if target != "SpoolSystem" && target != "SpoolMain" {
                        #expect(module != "Glibc" && module != "CSpoolSystem", "\(file)")
                    }
                }
            }
        }
        #expect(count > 200)
    }
}

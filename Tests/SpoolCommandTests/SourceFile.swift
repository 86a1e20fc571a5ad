import Foundation
import SpoolTestSupport

/// A Swift file of a target, as far as the tests of the sources' order look into it.
struct SourceFile {
    /// Its path below the target.
    let name: String
    /// Empty for a file beside the folders.
    let folder: String
    /// Without comments.
    let code: String

    /// All of a target.
    static func all(ofTarget target: String) throws -> [SourceFile] {
        let folder = "Sources/\(target)"
        return try FileManager.default.subpathsOfDirectory(atPath: Package.path(folder))
            .filter { $0.hasSuffix(".swift") }.sorted()
            .map { SourceFile($0, try Package.text("\(folder)/\($0)")) }
    }

    private init(_ name: String, _ text: String) {
        let parts = name.split(separator: "/").map(String.init)
        self.name = name
        folder = parts.count > 1 ? parts[0] : ""
        code = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.components(separatedBy: "//")[0]
        }.joined(separator: "\n")
    }

    /// The types that it declares for others.
    var types: [String] {
        let access: Set<Substring> = ["public", "package", "internal", "final", "indirect"]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "actor"]
        return code.split(separator: "\n").compactMap { line in
            let words =
                line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != " " }
                .first?.split(separator: " ") ?? []
            let rest = words.drop { access.contains($0) }
            guard !line.hasPrefix(" "), rest.count > 1, kinds.contains(rest[rest.startIndex])
            else { return nil }
            return String(rest[rest.startIndex + 1])
        }
    }

    /// All names in it, and all other words.
    var words: Set<Substring> {
        Set(code.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
    }
}

/// The tables of Sources/README.md.
enum SourceGuide {
    /// The quoted names of each row of a section's table.
    static func rows(ofSection title: String) throws -> [[String]] {
        let sections = try Package.text("Sources/README.md").replacing("\n### ", with: "\n## ")
            .components(separatedBy: "\n## ")
        let section = sections.first { $0.hasPrefix(title + "\n") } ?? ""
        return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
        }
    }
}

import Foundation
import SpoolTestSupport
import Testing

/// Within the library, nothing below knows of what is above. The order is that of the table in Sources/README.md.
@Suite struct SourceLayerTests {
    private static let library = "Sources/Spool"

    private struct File {
        let name: String
        let folder: String
        /// Without comments.
        let code: String
    }

    private let files: [File]
    /// From the bottom up.
    private let order: [String]

    init() throws {
        files = try FileManager.default.subpathsOfDirectory(
            atPath: Package.path(SourceLayerTests.library)
        )
        .filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let parts = path.split(separator: "/").map(String.init)
            let text = try Package.text("\(SourceLayerTests.library)/\(path)")
            return File(
                name: path, folder: parts.count > 1 ? parts[0] : "",
                code: SourceLayerTests.withoutComments(text))
        }
        let guide = try Package.text("Sources/README.md")
        let section = guide.components(separatedBy: "\n## ").first {
            $0.hasPrefix("The folders of Spool\n")
        }
        order = try #require(section).split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "`").dropFirst().first }
            .filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
    }

    private static func withoutComments(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.components(separatedBy: "//")[0]
        }.joined(separator: "\n")
    }

    /// The types that a file declares for others.
    private func types(of file: File) -> [String] {
        let access: Set<Substring> = ["public", "package", "internal", "final", "indirect"]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "actor"]
        return file.code.split(separator: "\n").compactMap { line in
            let words =
                line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != " " }
                .first?.split(separator: " ") ?? []
            let rest = words.drop { access.contains($0) }
            guard !line.hasPrefix(" "), rest.count > 1, kinds.contains(rest[rest.startIndex])
            else { return nil }
            return String(rest[rest.startIndex + 1])
        }
    }

    private func words(of file: File) -> Set<Substring> {
        Set(file.code.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
    }

    @Test func theTableNamesEveryFolder() {
        let folders = Set(files.map(\.folder)).subtracting([""])
        #expect(order.count > 10)
        #expect(Set(order) == folders)
        #expect(Set(order).count == order.count)
    }

    @Test func noFileNamesATypeOfAHigherFolder() {
        var home: [String: String] = [:]
        for file in files {
            for type in types(of: file) {
                let first = home.updateValue(file.folder, forKey: type)
                #expect(first == nil, "\(type) is declared twice")
            }
        }
        #expect(home.count > 100)
        #expect(home["Storage"] == "Storage" && home["Submit"] == "Lifecycle")
        // The files beside the folders are above all.
        let rank = Dictionary(
            uniqueKeysWithValues: (order + [""]).enumerated().map { ($0.element, $0.offset) })
        for file in files {
            guard let own = rank[file.folder] else { continue }
            for word in words(of: file) {
                guard let folder = home[String(word)], let other = rank[folder] else { continue }
                #expect(other <= own, "\(file.name) names \(word), which is of \(folder)/")
            }
        }
    }

    /// One file for one verb: a value of the verb's name that has one beginning.
    @Test func theLifecycleHoldsVerbs() {
        for file in files where file.folder == "Lifecycle" {
            let verb = file.name.split(separator: "/").last?.dropLast(".swift".count) ?? ""
            let words = types(of: file)
            #expect(words.contains { $0 == verb }, "\(file.name) declares no \(verb)")
        }
    }
}

import Testing

/// Within the library, nothing below knows of what is above. The order is that of the table in Sources/README.md.
@Suite struct SourceLayerTests {
    private let files: [SourceFile]
    /// From the bottom up.
    private let order: [String]

    init() throws {
        files = try SourceFile.all(ofTarget: "Spool")
        order = try SourceGuide.rows(ofSection: "The folders of Spool").compactMap(\.first)
            .filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
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
            for type in file.types {
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
            for word in file.words {
                guard let folder = home[String(word)], let other = rank[folder] else { continue }
                #expect(other <= own, "\(file.name) names \(word), which is of \(folder)/")
            }
        }
    }

    /// One file for one verb: a value of the verb's name is made of a storage, and of nothing else. No other value in
    /// the file holds one, as that would be a second verb.
    @Test func theLifecycleHoldsVerbs() {
        // Of a type or of an extension of one, at the top of a file.
        let declaration =
            #/(?:@\w+ +|\w+ +)*?(?:struct|class|enum|protocol|actor|extension) +([\w.]+)/#
        for file in files where file.folder == "Lifecycle" {
            let verb = file.name.split(separator: "/").last?.dropLast(".swift".count) ?? ""
            var type = ""
            var holders: [String] = []
            var beginnings: [Substring] = []
            for line in file.code.split(separator: "\n") {
                if let match = line.prefixMatch(of: declaration) {
                    type = String(match.1)
                }
                if line.contains(#/\b(?:let|var)\s+\w+\s*(?::\s*Storage\b|=\s*Storage\()/#) {
                    holders.append(type)
                }
                if type == verb, let begin = line.firstRange(of: "init(") {
                    beginnings.append(line[begin.lowerBound...])
                }
            }
            #expect(holders == [String(verb)], "\(file.name)")
            #expect(beginnings == ["init(_ storage: Storage) {"], "\(file.name)")
        }
    }
}

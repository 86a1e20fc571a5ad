import Testing

/// On the way of a job no part of the processes calls one that is above it. The order is that of the tables in
/// Sources/README.md.
@Suite struct RunnerOrderTests {
    /// A file, with its `Name+More.swift`.
    private struct Part: Hashable {
        let folder: String
        let name: String
    }

    private let parts: Set<Part>
    /// The parts whose types a part names.
    private let known: [Part: Set<Part>]

    init() throws {
        let files = try SourceFile.all(ofTarget: "SpoolRunner")
        let names = Set(files.map(\.name))
        func part(of file: SourceFile) -> Part {
            let name = file.name.split(separator: "/").last?.dropLast(".swift".count) ?? ""
            let whole = name.split(separator: "+").first.map(String.init) ?? ""
            let hasWhole = names.contains("\(file.folder)/\(whole).swift")
            return Part(folder: file.folder, name: hasWhole ? whole : String(name))
        }
        var home: [String: Part] = [:]
        for file in files {
            for type in file.types { home[type] = part(of: file) }
        }
        var known: [Part: Set<Part>] = [:]
        for file in files {
            let own = part(of: file)
            known[own, default: []].formUnion(
                file.words.compactMap { home[String($0)] }.filter { $0 != own })
        }
        parts = Set(known.keys)
        self.known = known
    }

    /// All that a part knows, and all that those parts know in turn.
    private func reached(from part: Part) -> Set<Part> {
        var found: Set<Part> = []
        var rest = Array(known[part] ?? [])
        while let next = rest.popLast() {
            if found.insert(next).inserted { rest += known[next] ?? [] }
        }
        return found
    }

    /// By folder, from the bottom up.
    private func orders() throws -> [String: [Part]] {
        var orders: [String: [Part]] = [:]
        for row in try SourceGuide.rows(ofSection: "The order of their parts") {
            let folder = String(try #require(row.first).dropLast())
            orders[folder] = row.dropFirst().map {
                Part(folder: folder, name: String($0.dropLast(".swift".count)))
            }
        }
        return orders
    }

    @Test func noTwoPartsKnowEachOther() {
        #expect(parts.count > 60)
        let knots = parts.filter { reached(from: $0).contains($0) }.map(\.name).sorted()
        #expect(knots == [])
    }

    @Test func noPartKnowsOneThatIsAboveIt() throws {
        let orders = try orders()
        #expect(Set(orders.keys) == ["Worker", "Runner", "Scheduler"])
        for order in orders.values {
            #expect(order.count > 5 && Set(order).count == order.count)
            #expect(parts.isSuperset(of: order))
            for (index, part) in order.enumerated() {
                let above = reached(from: part).intersection(order[(index + 1)...])
                let names = above.map(\.name).sorted()
                #expect(names == [], "\(part.name) knows them, and is below them")
            }
        }
    }

    /// The runner and the scheduler are started by the worker, and know nothing of it, or of each other. The files
    /// beside the folders know none.
    @Test func onlyTheWorkerKnowsOtherFolders() {
        for part in parts where part.folder != "Worker" {
            for other in known[part] ?? [] where !other.folder.isEmpty {
                #expect(other.folder == part.folder, "\(part.name) knows \(other.name)")
            }
        }
    }
}

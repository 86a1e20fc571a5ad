import Glibc
import Spool

extension TemporarySpool {
    /// Runs `spool run` with these arguments and answers with the id that it printed.
    package func submit(_ arguments: [String]) throws -> String {
        let result = try run(["run"] + arguments)
        guard result.status == 0, JobID(result.line) != nil else {
            throw FileTree.Failure(
                description: "spool run \(arguments): \(result.status) \(result.text)"
                    + result.errorText)
        }
        return result.line
    }

    package func submit(_ arguments: String...) throws -> String { try submit(arguments) }

    /// Makes the spool, and in it a job file as an administrator would: written elsewhere and moved in.
    package func drop(_ name: String, _ text: String, in directory: String = "incoming") throws {
        _ = try open()
        let draft = base + "/draft"
        try FileTree.write(draft, Array(text.utf8))
        try FileTree.check(
            Glibc.rename(draft, self[directory + "/" + name]), "rename to \(directory)/\(name)")
    }

    /// The ids of all jobs in a place, sorted.
    package func ids(in place: Place) throws -> [String] {
        try Listing(open().storage).locations(in: [place]).map(\.id.description).sorted()
    }

    /// The only job in a place, or an error.
    package func onlyID(in place: Place) throws -> String {
        let found = try ids(in: place)
        guard found.count == 1 else {
            throw FileTree.Failure(
                description:
                    "\(found.count) jobs in \(place.rawValue)/; there are \(try jobPaths())")
        }
        return found[0]
    }

    /// Each line of a text as a JSON object.
    package func objects(_ text: String) throws -> [[String: JSONValue]] {
        try text.split(separator: "\n").map {
            try JSONText.decode([String: JSONValue].self, from: Array($0.utf8))
        }
    }
}

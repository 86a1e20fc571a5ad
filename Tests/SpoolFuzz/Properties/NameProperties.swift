import Spool

/// Of the gate for names: what it lets through is exactly what it writes.
enum NameProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        // The kernel's names hold neither.
        guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")) else { return }
        let text = bytes.text
        if let name = JobFileName(text) {
            try require(Array(name.text.utf8) == bytes, "\(text) would be made as \(name.text)")
            try require(!text.contains("/"), "a slash")
            let places = Place.allCases.filter { name.fits($0) }
            for place in places {
                let path = JobLocation(place, name).path
                try require(path == "\(place.directory)/\(text)", "another path: \(path)")
            }
        }
        if let id = JobID(text) {
            try require(id.description == text.uppercased(), "\(text) is read as \(id)")
            try require(JobID(id.description) == id, "\(id) is read as another")
        }
        if NameRule.isName(text) {
            try require(text != "." && text != "..", "a directory's own name")
            try require(
                text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") },
                "a name that isn't plain: \(text)")
            try require(!DropIn.isCandidate(text), "a queue that could be a drop-in")
        }
        _ = JobID.couldBePart(text)
        _ = FieldNames.nearest(to: text, among: Job.Field.allCases.map(\.rawValue))
    }
}

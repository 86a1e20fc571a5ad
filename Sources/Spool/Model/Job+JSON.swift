extension Job {
    /// Reads a job from the bytes of a file, and checks it.
    ///
    /// - Parameter kind: `job`, or `jobLine` if the bytes are one line of a file.
    /// - Throws: `SpoolError.invalidJob` that says what is wrong, where, and what to do.
    package init(json bytes: [UInt8], _ kind: JSONText.Kind = .job) throws(SpoolError) {
        self = try JSONText.decode(Job.self, from: bytes, kind)
        try validate()
    }

    /// The bytes of the job's file: one object, a field a line, sorted, and a newline at the end. A large one stands
    /// all on one line, as indentation can make it many times as long.
    package func json() throws(SpoolError) -> [UInt8] {
        var room = Job.longestPretty.values
        let isSmall = [payload, metadata, result].allSatisfy { $0?.takesRoom(of: &room) ?? true }
        if isSmall {
            let bytes = try JSONText.encode(self, pretty: true)
            if bytes.count <= Job.longestPretty.bytes { return bytes }
        }
        return try JSONText.encode(self, pretty: false)
    }

    /// A larger job isn't indented.
    package static let longestPretty = (bytes: 1 << 16, values: 2000)
}

extension JSONValue {
    /// Takes as many as there are values in this one from `room`.
    ///
    /// - Returns: false, as soon as it is known, if there are more.
    fileprivate func takesRoom(of room: inout Int) -> Bool {
        room -= 1
        guard room >= 0 else { return false }
        switch self {
        case .array(let items):
            for item in items where !item.takesRoom(of: &room) { return false }
        case .object(let fields):
            for item in fields.values where !item.takesRoom(of: &room) { return false }
        default: break
        }
        return true
    }
}

extension JSONText.Kind {
    package static let job = JSONText.Kind(wordingOfJob)
    /// One of the lines of a file of jobs.
    package static let jobLine = JSONText.Kind(wordingOfJob, isLine: true)

    private static let wordingOfJob = "a job is one JSON object such as {\"command\": \"…\"}"
}

import FoundationEssentials

extension Job {
    /// Reads a job from the bytes of a file, and checks it.
    ///
    /// - Throws: `SpoolError.invalidJob` that says what is wrong, where, and what to do.
    package init(json bytes: [UInt8]) throws(SpoolError) {
        self = try JSONText.decode(Job.self, from: bytes)
        try validate()
    }

    /// The bytes of the job's file: one object, a field a line, sorted, and a newline at the end; all on one
    /// line where it is large, as indentation can make it many times as long.
    package func json() throws(SpoolError) -> [UInt8] {
        var room = Job.longestPretty.values
        let isSmall = [payload, metadata, result].allSatisfy { $0?.takesRoom(of: &room) ?? true }
        if isSmall {
            let bytes = try JSONText.encode(self, pretty: true)
            if bytes.count <= Job.longestPretty.bytes { return bytes }
        }
        return try JSONText.encode(self, pretty: false)
    }

    /// What is larger isn't indented.
    package static let longestPretty = (bytes: 1 << 16, values: 2000)
}

extension JSONValue {
    /// Takes as many as there are values in this one from `room`.
    ///
    /// - Returns: false, as soon as it is known, when there are more.
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

/// JSON as Foundation codes it, with errors in words.
package enum JSONText {
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(SpoolError) -> Value {
        let whole = try JSONSyntax.parse(bytes)
        do {
            return try decoder(with: whole).decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw SpoolError(
                .invalidJob, misfit(type, whole, error) ?? describe(error))
        } catch {
            throw SpoolError(.invalidJob, "not JSON: \(error)")
        }
    }

    private static func decoder(with whole: JSONValue) -> JSONDecoder {
        let decoder = JSONDecoder()
        if let key = JSONValue.wholeKey { decoder.userInfo[key] = whole }
        return decoder
    }

    package static func encode(
        _ value: some Encodable, pretty: Bool
    ) throws(SpoolError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty
            ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            : [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw SpoolError(.invalidJob, "can't be written as JSON: \(error)")
        }
    }

    /// Names the field of a number that its type can't hold, of which Foundation says only that the whole text
    /// is wrong; nil for other errors. That the text is JSON has been checked before.
    private static func misfit<Value: Decodable>(
        _ type: Value.Type, _ whole: JSONValue, _ error: DecodingError
    ) -> String? {
        guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty,
            case .object(let fields) = whole
        else { return nil }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard let alone = try? JSONEncoder().encode([name: value]) else { continue }
            do {
                _ = try decoder(with: .object([name: value])).decode(type, from: alone)
            } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
                return
                    "\"\(name)\": a number doesn't fit here: it is too large, or has a fraction where"
                    + " a whole number is wanted"
            } catch {
                continue
            }
        }
        return nil
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context):
            if context.codingPath.isEmpty { return context.debugDescription }
            return path(context.codingPath) + ": " + context.debugDescription
        case .typeMismatch(let type, let context):
            if context.codingPath.isEmpty {
                return "a job is one JSON object such as {\"command\": \"…\"}"
            }
            return path(context.codingPath) + ": \(word(for: type)) is wanted here"
        case .valueNotFound(_, let context) where context.codingPath.isEmpty:
            return "a job is one JSON object such as {\"command\": \"…\"}"
        case .valueNotFound(let type, let context):
            return path(context.codingPath) + ": \(word(for: type)) is wanted here, not null"
        case .keyNotFound(let key, let context):
            return path(context.codingPath + [key]) + ": is missing"
        @unknown default:
            return String(describing: error)
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
        return "\"\(text)\""
    }

    private static func word(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [String: JSONValue].Type, is [String: String].Type, is [String: Any].Type:
            "an object"
        case is [Any].Type: "an array"
        default: "another kind of value"
        }
    }
}

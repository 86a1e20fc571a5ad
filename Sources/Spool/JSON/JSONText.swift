/// JSON as files and lines of the spool have it, with errors in words.
///
/// Foundation's coders would do, but for their time. A job's life is two texts that are read and three that are
/// written. With those coders, that would be a fifth of all that is done for a short job, and half of the binary.
package enum JSONText {
    /// The kind of value that a whole text should have been.
    package struct Kind: Sendable {
        /// As messages say it.
        let wording: String
        /// Whether the text is a line of a longer one. Errors leave the line to those who know its number.
        let isLine: Bool

        package init(_ wording: String, isLine: Bool = false) {
            self.wording = wording
            self.isLine = isLine
        }

        package static let other = Kind("one JSON object is wanted")
    }

    /// - Parameter levels: how many objects and arrays the value is to stand in, which count towards its nesting.
    /// - Throws: `SpoolError.invalidJob` that says what is wrong, and where.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], _ kind: Kind = .other, within levels: Int = 0
    ) throws(SpoolError) -> Value {
        let whole = try JSONSyntax.parse(bytes, kind, within: levels)
        do {
            return try JSONValueDecoder.decode(type, from: whole)
        } catch let error as DecodingError {
            throw SpoolError(.invalidJob, describe(error, kind))
        } catch {
            throw SpoolError(.invalidJob, "not JSON: \(error)")
        }
    }

    /// A value's text, with its fields sorted, and a line break at the end.
    package static func encode(
        _ value: some Encodable, pretty: Bool
    ) throws(SpoolError) -> [UInt8] {
        do {
            return try JSONTextEncoder.line(value, isPretty: pretty)
        } catch {
            throw SpoolError(.invalidJob, "can't be written as JSON: \(error)")
        }
    }

    private static func describe(_ error: DecodingError, _ kind: Kind) -> String {
        switch error {
        case .dataCorrupted(let context):
            if context.codingPath.isEmpty { return context.debugDescription }
            return path(context.codingPath) + ": " + context.debugDescription
        case .typeMismatch(let type, let context):
            if context.codingPath.isEmpty { return kind.wording }
            return path(context.codingPath) + ": \(word(for: type)) is wanted here"
        case .valueNotFound(_, let context) where context.codingPath.isEmpty:
            return kind.wording
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

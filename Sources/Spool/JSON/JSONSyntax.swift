import SpoolSystem

/// Reads JSON (RFC 8259). It says where and why a text isn't JSON, which Foundation's decoder doesn't. It also refuses
/// two faults that the decoder lets pass in silence. One is a field written twice, of which the decoder would take
/// either; the other is a ',' too many.
package struct JSONSyntax {
    /// Deeper nesting is refused: no job needs it, and every level costs the reader.
    package static let depthLimit = 64

    private struct Fault: Error {
        let message: String
        let offset: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    private let kind: JSONText.Kind

    private init(_ bytes: [UInt8], _ kind: JSONText.Kind) {
        self.bytes = bytes
        self.kind = kind
    }

    /// - Throws: `SpoolError.invalidJob` with line and column, both counted from 1, columns in bytes.
    package static func check(_ bytes: [UInt8]) throws(SpoolError) {
        _ = try parse(bytes)
    }

    /// - Parameter levels: how many objects and arrays the value is to stand in, which count towards its nesting.
    /// - Throws: as `check`; of a text that is a line of a longer one, with the column alone.
    package static func parse(
        _ bytes: [UInt8], _ kind: JSONText.Kind = .other, within levels: Int = 0
    ) throws(SpoolError) -> JSONValue {
        var scanner = JSONSyntax(bytes, kind)
        do {
            return try scanner.document(depth: levels)
        } catch {
            let before = bytes[..<min(error.offset, bytes.count)]
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            let place = kind.isLine ? "" : "line \(line) "
            throw SpoolError(
                .invalidJob,
                "not JSON, \(place)column \(before.count - start + 1): " + error.message)
        }
    }

    private mutating func document(depth: Int) throws(Fault) -> JSONValue {
        try skipMark()
        skipSpace()
        if position == bytes.count { throw fault("the file is empty; \(kind.wording)") }
        let value = try value(depth: depth)
        skipSpace()
        if position < bytes.count { throw fault("something follows the end of the object") }
        if String(validating: bytes, as: UTF8.self) == nil {
            throw fault("the text is not UTF-8")
        }
        return value
    }

    /// The byte order mark that editors of other systems put before a text. This one says that the text is UTF-8. A
    /// text with two bytes for each character begins with another mark, or holds zeros.
    private mutating func skipMark() throws(Fault) {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            position = 3
        } else if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
            || bytes.count > 1 && bytes.prefix(2).contains(0) && bytes.prefix(2) != [0, 0]
        {
            throw fault("the text is UTF-16 or UTF-32; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
        }
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        guard depth < JSONSyntax.depthLimit else {
            throw fault("nested more than \(JSONSyntax.depthLimit) deep")
        }
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte):
            return try number()
        case UInt8(ascii: "'"): throw fault("a string stands in double quotes")
        case nil: throw fault("the text ends where a value is wanted")
        default: throw fault("a value is wanted here")
        }
    }

    private mutating func object(depth: Int) throws(Fault) -> [String: JSONValue] {
        position += 1
        skipSpace()
        var fields: [String: JSONValue] = [:]
        if take(UInt8(ascii: "}")) { return fields }
        fields.reserveCapacity(12)
        while true {
            let start = position
            guard peek == UInt8(ascii: "\"") else {
                throw fault(
                    peek == nil
                        ? "the object is not closed" : "a field name in double quotes is wanted")
            }
            let key = try string()
            guard fields[key] == nil else {
                let what = fields.otherSpelling(of: key) == nil ? "" : ", in two spellings"
                throw Fault(message: "the field \"\(key)\" stands here twice\(what)", offset: start)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("':' is wanted after the field name") }
            skipSpace()
            fields[key] = try value(depth: depth + 1)
            skipSpace()
            if take(UInt8(ascii: "}")) { return fields }
            guard take(UInt8(ascii: ",")) else {
                throw fault(peek == nil ? "the object is not closed" : "',' or '}' is wanted")
            }
            skipSpace()
            if peek == UInt8(ascii: "}") { throw fault("no ',' may stand before '}'") }
        }
    }

    private mutating func array(depth: Int) throws(Fault) -> [JSONValue] {
        position += 1
        skipSpace()
        var items: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return items }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else {
                throw fault(peek == nil ? "the array is not closed" : "',' or ']' is wanted")
            }
            skipSpace()
            if peek == UInt8(ascii: "]") { throw fault("no ',' may stand before ']'") }
        }
    }

    /// The text between the quotes. Escapes are resolved, so that two spellings of one field name are seen to be one.
    private mutating func string() throws(Fault) -> String {
        let opening = position
        position += 1
        let plain = plainLength()
        if position + plain < bytes.count, bytes[position + plain] == UInt8(ascii: "\"") {
            defer { position += plain + 1 }
            return String(decoding: bytes[position..<position + plain], as: UTF8.self)
        }
        var text = Array(bytes[position..<position + plain])
        position += plain
        while true {
            guard let byte = peek else {
                throw Fault(message: "the string that begins here is not closed", offset: opening)
            }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case 0..<32:
                position -= 1
                throw fault(
                    "a line break or control character in a string; write it as \\n or \\u00XX")
            case UInt8(ascii: "\\"):
                text += try escape()
            default:
                text.append(byte)
            }
        }
    }

    /// How many bytes from here on stand for themselves in a string.
    private func plainLength() -> Int {
        bytes.withUnsafeBufferPointer { all in
            var end = position
            while end < all.count, all[end] >= 32, all[end] != UInt8(ascii: "\""),
                all[end] != UInt8(ascii: "\\")
            {
                end += 1
            }
            return end - position
        }
    }

    private static let shortEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]

    /// The character that an escape means, in UTF-8.
    private mutating func escape() throws(Fault) -> [UInt8] {
        guard let byte = peek else { throw fault("the text ends within a string") }
        if byte != UInt8(ascii: "u") {
            guard let meant = JSONSyntax.shortEscapes[byte] else {
                throw fault("no such escape; a backslash itself is written \\\\")
            }
            position += 1
            return [meant]
        }
        let start = position - 1
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: [92, 117]) {
            position += 1
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw Fault(
                message: "half of a surrogate pair; write the character itself, or both halves",
                offset: start)
        }
        return Array(text.utf8)
    }

    /// The `uXXXX` of an escape.
    private mutating func codeUnit() throws(Fault) -> UInt16 {
        let digits = bytes[min(position + 1, bytes.count)..<min(position + 5, bytes.count)]
        guard digits.count == 4,
            let code = UInt16(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-")
        else { throw fault("four hexadecimal digits are wanted after \\u") }
        position += 5
        return code
    }

    private mutating func number() throws(Fault) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let isZero = peek == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !(isZero && whole > 1) else {
            throw Fault(message: "not a number (no leading zeros, no '+')", offset: start)
        }
        if take(UInt8(ascii: ".")), digits() == 0 { throw fault("digits are wanted after '.'") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            if digits() == 0 { throw fault("digits are wanted in the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = JSONValue(number: text) else {
            throw Fault(message: "\(text) is out of range", offset: start)
        }
        return value
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = peek, (48...57).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func word(
        _ text: String, _ value: JSONValue
    ) throws(Fault) -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else {
            throw fault("a value is wanted here; a text stands in double quotes")
        }
        position += text.utf8.count
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 32 || byte == 10 || byte == 13 || byte == 9 { position += 1 }
    }

    private func fault(_ message: String) -> Fault {
        Fault(message: message, offset: position)
    }
}

/// Writes JSON text (RFC 8259): fields in the order of their names, on one line or indented.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    let isPretty: Bool
    /// The depth of the value that is written next: how many objects and arrays are around it.
    private(set) var depth: Int

    init(isPretty: Bool, depth: Int = 0) {
        self.isPretty = isPretty
        self.depth = depth
        bytes.reserveCapacity(1024)
    }

    /// The text that was written, with a line break.
    consuming func line() -> [UInt8] {
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    // MARK: Values

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): write(flag)
        case .integer(let number): append(number)
        case .unsigned(let number): append(number)
        case .number(let number): write(number)
        case .string(let text): write(text)
        case .array(let items):
            beginArray()
            for item in items {
                beginItem()
                write(item)
            }
            endArray()
        case .object(let fields):
            beginObject()
            for field in fields.sorted(by: { $0.key < $1.key }) {
                beginField(field.key)
                write(field.value)
            }
            endObject()
        }
    }

    mutating func write(_ texts: [String]) {
        beginArray()
        for text in texts {
            beginItem()
            write(text)
        }
        endArray()
    }

    mutating func write(_ texts: [String: String]) {
        beginObject()
        for name in texts.keys.sorted() {
            beginField(name)
            write(texts[name] ?? "")
        }
        endObject()
    }

    mutating func write(_ flag: Bool) { append(flag ? "true" : "false") }

    mutating func write(_ number: Double) {
        let text = String(describing: number)
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    // MARK: Parts

    /// Begins a text of its own, for values as deep as `depth`.
    ///
    /// - Returns: the value to give to `endPart`.
    mutating func beginPart(depth inner: Int) -> (start: Int, depth: Int) {
        defer { depth = inner }
        return (bytes.count, depth)
    }

    /// Takes the text that was written since `beginPart`.
    mutating func endPart(_ outer: (start: Int, depth: Int)) -> [UInt8] {
        let part = Array(bytes[outer.start...])
        bytes.removeSubrange(outer.start...)
        depth = outer.depth
        return part
    }

    mutating func append(_ text: [UInt8]) { bytes += text }

    // MARK: Objects and arrays

    mutating func beginObject() { begin(UInt8(ascii: "{")) }

    /// - Parameter name: the caller sees to their order.
    mutating func beginField(_ name: String) {
        beginItem()
        write(name)
        append(isPretty ? " : " : ":")
    }

    mutating func endObject() { end(UInt8(ascii: "}")) }

    mutating func beginArray() { begin(UInt8(ascii: "[")) }

    mutating func beginItem() {
        if !isJustBegun { append(",") }
        breakLine()
    }

    mutating func endArray() { end(UInt8(ascii: "]")) }

    private mutating func begin(_ bracket: UInt8) {
        bytes.append(bracket)
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if !isJustBegun { breakLine() }
        bytes.append(bracket)
    }

    /// No value's text ends with an opening bracket.
    private var isJustBegun: Bool {
        bytes.last == UInt8(ascii: "{") || bytes.last == UInt8(ascii: "[")
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    // MARK: Numbers and texts

    mutating func append(_ number: some FixedWidthInteger) { bytes += String(number).utf8 }

    mutating func append(_ text: StaticString) { text.withUTF8Buffer { bytes += $0 } }

    mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { all in
            var rest = all
            while let index = rest.firstIndex(where: JSONWriter.needsEscape) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<index]))
                writeEscape(rest[index])
                rest = UnsafeBufferPointer(rebasing: rest[(index + 1)...])
            }
            bytes.append(contentsOf: rest)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case 8: append("\\b")
        case 9: append("\\t")
        case 10: append("\\n")
        case 12: append("\\f")
        case 13: append("\\r")
        case 0..<32:
            append(byte < 16 ? "\\u000" : "\\u00")
            bytes += String(byte, radix: 16).utf8
        default: bytes += [UInt8(ascii: "\\"), byte]
        }
    }
}

/// Writes JSON text (RFC 8259): fields in the order of their names, on one line or indented.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let isPretty: Bool
    private var depth = 0

    init(isPretty: Bool) {
        self.isPretty = isPretty
        bytes.reserveCapacity(1024)
    }

    /// What was written, with a line break.
    consuming func line() -> [UInt8] {
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    mutating func write(_ node: JSONNode) throws {
        switch node {
        case .value(let value): write(value)
        case .strings(let texts):
            list(texts.sorted { $0.key < $1.key }, "{", "}") { writer, text in
                writer.writeName(text.key)
                writer.write(text.value)
            }
        case .object(let object):
            try list(object.fields.sorted { $0.key < $1.key }, "{", "}") { writer, field in
                writer.writeName(field.key)
                try writer.write(field.node)
            }
        case .array(let array):
            try list(array.items, "[", "]") { writer, item in try writer.write(item) }
        }
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(number)
        case .unsigned(let number): append(number)
        case .number(let number): write(number)
        case .string(let text): write(text)
        case .array(let items):
            list(items, "[", "]") { writer, item in writer.write(item) }
        case .object(let fields):
            list(fields.sorted { $0.key < $1.key }, "{", "}") { writer, field in
                writer.writeName(field.key)
                writer.write(field.value)
            }
        }
    }

    private mutating func write(_ number: Double) {
        let text = String(describing: number)
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    private mutating func list<Item>(
        _ items: [Item], _ opening: Unicode.Scalar, _ closing: Unicode.Scalar,
        _ write: (inout JSONWriter, Item) throws -> Void
    ) rethrows {
        bytes.append(UInt8(ascii: opening))
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            breakLine()
            try write(&self, item)
        }
        depth -= 1
        if !items.isEmpty { breakLine() }
        bytes.append(UInt8(ascii: closing))
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        append("\n")
        for _ in 0..<depth { append("  ") }
    }

    mutating func writeName(_ name: String) {
        write(name)
        append(isPretty ? " : " : ":")
    }

    mutating func append(_ number: some FixedWidthInteger) { bytes += String(number).utf8 }

    mutating func append(_ text: StaticString) { text.withUTF8Buffer { bytes += $0 } }

    mutating func write(_ text: String) {
        append("\"")
        var text = text
        text.withUTF8 { all in
            var plain = 0
            for (index, byte) in all.enumerated() where JSONWriter.needsEscape(byte) {
                bytes += all[plain..<index]
                writeEscape(byte)
                plain = index + 1
            }
            bytes += all[plain...]
        }
        append("\"")
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

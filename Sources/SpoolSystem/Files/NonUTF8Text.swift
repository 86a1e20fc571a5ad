/// Bytes that stand in the place of text, and aren't UTF-8. A replacement written for them would be another name.
/// They are refused or kept as bytes, never repaired.
package struct NonUTF8Text: Error, Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// As bash(1) and ksh(1) read it: `$'caf\xe9'`.
    package var quoted: String {
        let inside = pieces.map { piece in
            switch piece {
            case .scalar("'"): "\\'"
            case .scalar("\\"): "\\\\"
            case .scalar("\n"): "\\n"
            case .scalar("\t"): "\\t"
            case .scalar(let scalar) where !NonUTF8Text.isControl(scalar): String(scalar)
            case .scalar(let scalar):
                scalar.utf8.map { "\\x" + NonUTF8Text.digits($0, radix: 16, count: 2) }.joined()
            case .byte(let byte): "\\x" + NonUTF8Text.digits(byte, radix: 16, count: 2)
            }
        }
        return "$'" + inside.joined() + "'"
    }

    /// A word for any shell that gives these bytes: `"$(printf 'caf\351')"`.
    package var shellWord: String {
        let inside = bytes.enumerated().map { index, byte -> String in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "/._+:=, ".utf8.contains(byte) || byte == UInt8(ascii: "-") && index > 0
            return isPlain
                ? String(Unicode.Scalar(byte)) : "\\" + NonUTF8Text.digits(byte, radix: 8, count: 3)
        }
        return "\"$(printf '" + inside.joined() + "')\""
    }

    /// The text of bytes that are only shown: unchanged if it is UTF-8, `quoted` if not.
    package static func shown(_ bytes: some Sequence<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self) ?? NonUTF8Text(bytes).quoted
    }

    private enum Piece {
        case scalar(Unicode.Scalar)
        case byte(UInt8)
    }

    private var pieces: [Piece] {
        var pieces: [Piece] = []
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let units):
                pieces.append(.scalar(Unicode.UTF8.decode(units)))
                position += units.count
            case .error(let length):
                pieces += bytes[position..<position + length].map(Piece.byte)
                position += length
            case .emptyInput: return pieces
            }
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (127..<160).contains(scalar.value)
    }

    private static func digits(_ byte: UInt8, radix: Int, count: Int) -> String {
        let text = String(byte, radix: radix)
        return String(repeating: "0", count: count - text.utf8.count) + text
    }
}

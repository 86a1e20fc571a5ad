/// `NAME=value`, with blanks around the sign, and quotes around the value if they are wanted.
struct Assignment {
    let name: Token
    /// The value as written.
    let written: Token
    /// Without its quotes; nil if one is left open.
    let value: String?

    /// nil if the line is something else: no field of a schedule begins like a name and goes on with `=`.
    init?(_ line: Token) {
        let bytes = line.bytes
        let end = bytes.firstIndex { !Assignment.isNameByte($0) } ?? bytes.endIndex
        guard let first = bytes.first, end > bytes.startIndex, !Token.isDigit(first),
            let sign = bytes[end...].firstIndex(where: { !Token.isBlank($0) }),
            bytes[sign] == UInt8(ascii: "=")
        else { return nil }
        name = Token(bytes[..<end])
        var rest = bytes[(sign + 1)...].drop(while: Token.isBlank)
        while let last = rest.last, Token.isBlank(last) { rest.removeLast() }
        written = Token(rest)
        guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else {
            value = written.text
            return
        }
        value = rest.count > 1 && rest.last == quote ? written.dropFirst().dropLast().text : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        Token.isLetter(byte) || Token.isDigit(byte) || byte == UInt8(ascii: "_")
    }
}

/// A piece of a line, and its place there. A schedule is made of ASCII only, so bytes will do. Places that are told to
/// people are counted in characters later.
struct Token: Hashable, Sendable {
    let bytes: ArraySlice<UInt8>

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// In bytes of the line that it is a piece of.
    var position: Range<Int> { bytes.startIndex..<bytes.endIndex }
    var isEmpty: Bool { bytes.isEmpty }

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    init(_ text: String) {
        self.init(Array(text.utf8)[...])
    }

    /// In lower case, as far as ASCII goes: a letter of another script stays as it is.
    var lowercased: String {
        String(decoding: bytes.lazy.map(Token.lowercased), as: UTF8.self)
    }

    /// Whether there are ASCII digits and nothing else.
    var isNumber: Bool { !isEmpty && bytes.allSatisfy(Token.isDigit) }

    /// The digits' value; nil if it isn't a number or is one beyond all sense.
    var number: Int? {
        guard isNumber else { return nil }
        let figures = bytes.drop { $0 == UInt8(ascii: "0") }
        guard figures.count <= 9 else { return nil }
        return figures.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
    }

    /// - Parameter letter: an ASCII one, here and below.
    func contains(_ letter: Unicode.Scalar) -> Bool { bytes.contains(UInt8(ascii: letter)) }

    func begins(with letter: Unicode.Scalar) -> Bool { bytes.first == UInt8(ascii: letter) }

    /// Whether it is that one letter.
    func isJust(_ letter: Unicode.Scalar) -> Bool { bytes.count == 1 && begins(with: letter) }

    func split(_ separator: Unicode.Scalar) -> [Token] {
        bytes.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map {
            Token($0)
        }
    }

    func dropFirst(_ count: Int = 1) -> Token { Token(bytes.dropFirst(count)) }
    func dropLast(_ count: Int = 1) -> Token { Token(bytes.dropLast(count)) }

    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(lowercased(byte)) }

    static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    /// The pieces between blanks and tabs.
    static func tokens(of bytes: ArraySlice<UInt8>) -> [Token] {
        bytes.split(whereSeparator: isBlank).map { Token($0) }
    }
}

extension Collection<UInt8> {
    /// How many characters these bytes of UTF-8 are to people.
    var characterCount: Int {
        allSatisfy { $0 < 0x80 && $0 != 0x0d } ? count : String(decoding: self, as: UTF8.self).count
    }
}

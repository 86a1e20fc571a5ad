/// A piece of a line, and where it stands there.
struct Word: Hashable, Sendable {
    let characters: ArraySlice<Character>

    var text: String { String(characters) }
    /// In characters of the line.
    var position: Range<Int> { characters.startIndex..<characters.endIndex }
    var isEmpty: Bool { characters.isEmpty }

    init(_ characters: ArraySlice<Character>) {
        self.characters = characters
    }

    /// In lower case, as far as ASCII goes: a letter of another script stays what it is.
    var lowercased: String {
        String(
            characters.map { character in
                guard let code = character.asciiValue, (65...90).contains(code) else {
                    return character
                }
                return Character(Unicode.Scalar(code + 32))
            })
    }

    /// Whether there are ASCII digits and nothing else.
    var isNumber: Bool { !isEmpty && characters.allSatisfy(Word.isDigit) }

    /// The digits' value; nil when it isn't a number or is one beyond all sense.
    var number: Int? {
        guard isNumber else { return nil }
        let figures = characters.drop { $0 == "0" }
        return figures.count > 9 ? nil : figures.isEmpty ? 0 : Int(String(figures))
    }

    func split(_ separator: Character) -> [Word] {
        characters.split(separator: separator, omittingEmptySubsequences: false).map { Word($0) }
    }

    func dropFirst(_ count: Int = 1) -> Word { Word(characters.dropFirst(count)) }
    func dropLast(_ count: Int = 1) -> Word { Word(characters.dropLast(count)) }

    static func isDigit(_ character: Character) -> Bool {
        character.asciiValue.map { (48...57).contains($0) } ?? false
    }

    static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// The pieces between blanks and tabs.
    static func words(of characters: ArraySlice<Character>) -> [Word] {
        characters.split(whereSeparator: isBlank).map { Word($0) }
    }
}

/// Characters that word processors and web pages put in the place of those that a schedule is made of.
enum Lookalikes {
    private static let plain: [Character: Character] = [
        "\u{2010}": "-", "\u{2011}": "-", "\u{2012}": "-", "\u{2013}": "-", "\u{2014}": "-",
        "\u{2212}": "-", "\u{FF0D}": "-", "\u{2217}": "*", "\u{FF0A}": "*", "\u{FF0C}": ",",
        "\u{FF0F}": "/", "\u{2215}": "/", "\u{FF1A}": ":", "\u{A0}": " ", "\u{2002}": " ",
        "\u{2003}": " ", "\u{2007}": " ", "\u{2009}": " ", "\u{202F}": " ", "\u{3000}": " ",
    ]

    /// - Returns: the first character that can't be seen, such as `U+FEFF`.
    static func unseen(in text: String) -> String? {
        text.unicodeScalars.first { $0.properties.generalCategory == .format }
            .map {
                let digits = String($0.value, radix: 16, uppercase: true)
                return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
    }

    /// The text in ASCII, as far as that is evident.
    static func plain(_ text: String) -> String {
        String(
            text.compactMap { character in
                if let known = plain[character] { return known }
                let scalars = character.unicodeScalars
                // Fullwidth digits and letters.
                if let scalar = scalars.first, scalars.count == 1,
                    (0xFF10...0xFF5A).contains(scalar.value),
                    let ascii = Unicode.Scalar(scalar.value - 0xFEE0)
                {
                    return Character(ascii)
                }
                // A character without width can't be seen.
                return scalars.allSatisfy { $0.properties.generalCategory == .format }
                    ? nil : character
            })
    }
}

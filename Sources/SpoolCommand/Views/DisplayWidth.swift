/// How many columns of a terminal a text takes. wcwidth(3) knows it only in a locale whose data are installed.
extension StringProtocol {
    var columns: Int {
        // Most texts are of ASCII, of which each character takes one.
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : reduce(0) { $0 + $1.columns }
    }
}

extension Character {
    /// East Asian wide characters and emoji take two columns, marks without anything below them none.
    var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.isASCII && unicodeScalars.count == 1 { return 1 }
        // U+FE0F asks for the coloured form of what has two.
        if first.isWide || unicodeScalars.contains(where: { $0.value == 0xfe0f }) { return 2 }
        return unicodeScalars.allSatisfy(\.takesNoRoom) ? 0 : 1
    }
}

extension Unicode.Scalar {
    fileprivate var takesNoRoom: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    fileprivate var isWide: Bool {
        properties.isEmojiPresentation || Unicode.Scalar.wide.contains { $0.contains(value) }
    }

    /// The W and F of Unicode's EastAsianWidth.txt, beside the emoji; unassigned ones between them count too.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x3247, 0x3250...0x4dbf,
        0x4e00...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
        0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff,
        0x1f200...0x1f2ff, 0x20000...0x3fffd,
    ]
}

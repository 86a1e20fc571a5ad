import SpoolTime

/// Texts of people as parts of names of files: the names of entries, and keys.
enum PlainName {
    private static let longest = 120

    /// The text itself if it is plain. In any other text, percent signs stand for characters that a file's name
    /// shouldn't have. A text that is too long ends in a fingerprint.
    static func of(_ text: String) -> String {
        if text.utf8.count <= longest, text.utf8.allSatisfy(isPlain), text.utf8.first != dot {
            return text
        }
        var name = ""
        for byte in text.utf8 {
            if isPlain(byte), byte != dot || !name.isEmpty {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        guard name.utf8.count > longest else { return name }
        return String(name.prefix(longest - 17)) + "~" + StableHash.of(text).figures()
    }

    private static let dot = UInt8(ascii: ".")

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, dot, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// Messages quote people and files, whose texts may be of any length and hold anything.
package enum MessageText {
    /// In bytes. A message becomes the reason beside a file, a line of the history, and a text on a terminal.
    package static let longest = 2048

    /// The text itself if it isn't long, otherwise its beginning and its end: the beginning says what is wrong, the end
    /// what to do.
    package static func bounded(_ text: String) -> String {
        guard text.utf8.count > longest else { return text }
        let scalars = text.unicodeScalars
        // No scalar takes more than four bytes.
        let head = scalars.prefix(longest / 8 - 1)
        let tail = scalars.suffix(longest / 8 - 1)
        return String(head) + " … " + String(tail)
    }

    /// One message of two, bounded.
    package static func joined(_ first: String?, _ second: String) -> String {
        bounded([first, second].compactMap(\.self).joined(separator: "; "))
    }

    /// How many of something: "1 job", "2 jobs".
    ///
    /// - Parameter many: needed if it isn't `one` with an s.
    package static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    /// The text with control characters, and those that turn the direction of writing, as `\\u001b`. Shown on a
    /// terminal, it can't move the cursor, change colours or hide anything.
    ///
    /// - Parameter keepsLines: whether line breaks and tabs stay; otherwise they are blanks.
    package static func visible(_ text: String, keepsLines: Bool = false) -> String {
        // Most texts are plain. To look at their bytes in memory takes a tenth of the time.
        let isPlain = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { (32..<127).contains($0) }
        }
        if isPlain == true { return text }
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if !isHidden(scalar) {
                shown.unicodeScalars.append(scalar)
            } else if scalar == "\n" {
                shown += keepsLines ? "\n" : " "
            } else if scalar == "\t" {
                shown += keepsLines ? "\t" : " "
            } else {
                let code = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: max(0, 4 - code.count)) + code
            }
        }
        return shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<32, 127..<160, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}

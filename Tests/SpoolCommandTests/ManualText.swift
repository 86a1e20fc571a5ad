import Foundation
import Testing

/// A man page in mdoc, read by sections, for tests that hold it against the program.
struct ManualText {
    /// One line of the source: a macro and its arguments, or text.
    struct Line {
        let macro: String?
        let words: [String]

        init(_ text: Substring) {
            var words = text.split(separator: " ").map { word in
                word.hasPrefix("\\&") ? String(word.dropFirst(2)) : String(word)
            }
            macro = text.hasPrefix(".") ? String(words.removeFirst().dropFirst()) : nil
            self.words = words
        }

        /// The macros of the line with their arguments: `.It Fl w , -wait Ar x` has `Fl`: `w`, `-wait` and
        /// `Ar`: `x`.
        func arguments(of wanted: String) -> [String] {
            var found: [String] = []
            var current = macro ?? ""
            for word in words {
                if ManualText.macros.contains(word) {
                    current = word
                } else if current == wanted, !ManualText.punctuation.contains(word) {
                    found.append(word)
                }
            }
            return found
        }
    }

    private static let macros: Set<String> = [
        "Ar", "Cm", "Ev", "Fl", "Ic", "Li", "Nm", "No", "Ns", "Oc", "Oo", "Op", "Pa", "Ta", "Va",
        "Xr", "Em",
    ]
    private static let punctuation: Set<String> = [",", ".", ":", ";", "(", ")", "|", "and", "or"]

    private(set) var sections: [(title: String, part: String, lines: [Line])] = []

    init(_ text: String) {
        var title = ""
        for raw in text.split(separator: "\n") {
            let line = Line(raw)
            switch line.macro {
            case "Sh":
                title = line.words.joined(separator: " ")
                sections.append((title, "", []))
            case "Ss":
                sections.append((title, line.words.joined(separator: " "), []))
            default:
                if !sections.isEmpty { sections[sections.count - 1].lines.append(line) }
            }
        }
    }

    /// The lines of a section before its first subsection, or of one of its subsections.
    func lines(_ title: String, _ part: String = "") throws -> [Line] {
        let found = sections.filter { $0.title == title && $0.part == part }
        try #require(found.count == 1, "\(title) \(part)")
        return found[0].lines
    }

    func parts(of title: String) -> [String] {
        sections.filter { $0.title == title && $0.part != "" }.map(\.part)
    }

    var allLines: [Line] { sections.flatMap(\.lines) }

    /// What the list items of a section are about, such as the `Va` of `.It Va name`.
    func items(_ macro: String, _ title: String, _ part: String = "") throws -> [String] {
        try lines(title, part).filter { $0.macro == "It" }.flatMap { $0.arguments(of: macro) }
    }

    /// The literal displays of a section, from the source of a page.
    static func displays(_ section: String, in text: String) throws -> [String] {
        let begin = try #require(text.range(of: ".Sh \(section)\n"))
        let rest = text[begin.upperBound...]
        let body = rest[..<(rest.range(of: "\n.Sh ")?.lowerBound ?? rest.endIndex)]
        return body.components(separatedBy: ".Bd -literal -offset indent\n").dropFirst().map {
            String($0.components(separatedBy: ".Ed")[0])
        }
    }

    /// Everything that is marked up so, anywhere.
    func all(_ macro: String) -> Set<String> {
        Set(allLines.flatMap { $0.arguments(of: macro) })
    }
}

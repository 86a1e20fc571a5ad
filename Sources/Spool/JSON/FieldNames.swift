/// Field names of a JSON object, checked so that a slip of the pen is an error and not a field without
/// effect.
package enum FieldNames {
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// An object's fields.
    ///
    /// - Throws: for one that isn't a case of `Field`, as `check` does.
    package static func checkedContainer<Field: CodingKey & CaseIterable>(
        of decoder: any Decoder, keyedBy type: Field.Type
    ) throws -> KeyedDecodingContainer<Field> {
        let fields = try decoder.container(keyedBy: type)
        if (decoder as? JSONValueDecoder)?.fieldCount != fields.allKeys.count {
            try check(decoder, against: type)
        }
        return fields
    }

    /// Throws for the first field, in alphabetical order, that isn't a case of `Field`.
    static func check<Field: CodingKey & CaseIterable>(
        _ decoder: any Decoder, against type: Field.Type
    ) throws {
        try check(decoder, against: type.allCases.map(\.stringValue))
    }

    /// Throws for the first field, in alphabetical order, that isn't among `known`.
    private static func check(_ decoder: any Decoder, against known: [String]) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let unknown = container.allKeys.map(\.stringValue).filter { !known.contains($0) }
        guard let name = unknown.min() else { return }
        var text = "unknown field"
        if let near = nearest(to: name, among: known) { text += ": did you mean \"\(near)\"?" }
        throw DecodingError.dataCorrupted(
            DecodingError.Context(
                codingPath: decoder.codingPath + [AnyKey(stringValue: name)],
                debugDescription: text))
    }

    /// A value that is one of a few words.
    ///
    /// - Throws: for another one, with all that there are.
    static func word<Word: RawRepresentable & CaseIterable>(
        from decoder: any Decoder, of type: Word.Type = Word.self
    ) throws -> Word where Word.RawValue == String {
        let text = try decoder.singleValueContainer().decode(String.self)
        if let word = Word(rawValue: text) { return word }
        let known = type.allCases.map(\.rawValue)
        throw DecodingError.dataCorrupted(
            DecodingError.Context(
                codingPath: decoder.codingPath,
                debugDescription:
                    "\"\(text)\" is not known; write \(known.joined(separator: " or "))"))
    }

    /// The known name with the fewest edits between it and `name`; nil if all are too far off.
    package static func nearest(to name: String, among known: [String]) -> String? {
        func fold(_ text: String) -> String {
            text.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
        }
        let folded = fold(name)
        // The beginning of one name only is an abbreviation.
        let longer = known.filter { $0.hasPrefix(name) }
        if name.count > 2, longer.count == 1 { return longer[0] }
        let ranked = known.map { candidate in
            (candidate, distance(folded, fold(candidate)))
        }
        guard let best = ranked.min(by: { $0.1 < $1.1 }),
            best.1 <= max(1, min(folded.count, best.0.count) / 3)
        else { return nil }
        return best.0
    }

    /// Edits (insert, delete, replace, swap of neighbours) that make one text the other: optimal string
    /// alignment.
    private static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.utf8.prefix(64))
        let b = Array(right.utf8.prefix(64))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i] + Array(repeating: 0, count: b.count)
            for j in 1...b.count {
                let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], rows[i - 2][j - 2] + 1)
                }
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}

/// The position of a coder in a value: the keys from there to the whole. They are spelt out only if somebody asks.
final class CodingPosition {
    private let parent: CodingPosition?
    private let key: any CodingKey

    init(_ key: any CodingKey, in parent: CodingPosition?) {
        self.key = key
        self.parent = parent
    }

    static func path(_ position: CodingPosition?) -> [any CodingKey] {
        var keys: [any CodingKey] = []
        var next = position
        while let here = next {
            keys.append(here.key)
            next = here.parent
        }
        return keys.reversed()
    }
}

/// The place of an item in an array.
struct IndexKey: CodingKey {
    let index: Int

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { index = intValue }
    init?(stringValue: String) { return nil }

    var intValue: Int? { index }
    var stringValue: String { "Index \(index)" }
}

/// The key that classes keep what they inherit under.
struct SuperKey: CodingKey {
    init() {}
    init?(intValue: Int) { return nil }
    init?(stringValue: String) { return nil }

    var intValue: Int? { nil }
    var stringValue: String { "super" }
}

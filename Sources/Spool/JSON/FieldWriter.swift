/// Writes the fields of an object, which come in the order of their names, into our own encoder without a container
/// between. The first use of a container costs a process more than the whole text of a small job.
struct FieldWriter {
    private let encoder: any Encoder
    private let own: JSONTextEncoder?

    init(_ encoder: any Encoder) {
        self.encoder = encoder
        own = encoder as? JSONTextEncoder
        own?.beginFields()
    }

    /// A field without a value is left out.
    func write<Key: CodingKey>(_ value: (some Encodable)?, _ key: Key) throws {
        guard let value else { return }
        if let own {
            try own.writeField(value, key)
        } else {
            try writeElsewhere(value, key)
        }
    }

    /// As `write(_:_:)`, for an array, each of whose items is written as it comes.
    func write<Key: CodingKey>(items: [some Encodable]?, _ key: Key) throws {
        guard let items else { return }
        if let own {
            try own.writeField(items: items, key)
        } else {
            try writeElsewhere(items, key)
        }
    }

    @inline(never)
    private func writeElsewhere<Key: CodingKey>(_ value: some Encodable, _ key: Key) throws {
        // An encoder has one object, however often it is asked for a container.
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(value, forKey: key)
    }
}

/// Takes down what an `Encodable` value asks to be written. A single value goes straight into the text, if there is one,
/// and so do the fields of what is known to write all of them with one `FieldWriter`.
final class JSONTreeEncoder: Encoder {
    fileprivate let position: CodingPosition?
    private(set) var node: JSONNode?
    private let text: JSONTextBuilder?
    /// Whether fields go into the text.
    private let isFieldWritten: Bool
    /// Whether a single value has gone into the text.
    private(set) var hasWrittenValue = false
    /// The field that was written last.
    private var lastName = ""
    /// Where what is written goes once it is complete: for those that are asked for by `superEncoder`.
    private let finish: ((JSONNode) -> Void)?

    init(
        at position: CodingPosition?, into text: JSONTextBuilder? = nil,
        isFieldWritten: Bool = false, finish: ((JSONNode) -> Void)? = nil
    ) {
        self.position = position
        self.text = text
        self.isFieldWritten = isFieldWritten
        self.finish = finish
    }

    deinit { if let node { finish?(node) } }

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(EncodedFields(object: object(), position: position))
    }

    private func object() -> EncodedObject {
        if case .object(let object) = node { return object }
        let object = EncodedObject()
        node = .object(object)
        return object
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array(let array) = node { return EncodedItems(array: array, position: position) }
        let array = EncodedArray()
        node = .array(array)
        return EncodedItems(array: array, position: position)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONTreeEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { try encode(JSONValue.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
        guard let text else {
            node = try JSONNode.node(value, at: position)
            return
        }
        precondition(!hasWrittenValue, "a single value is written once")
        hasWrittenValue = true
        try text.write(value, at: position)
    }
}

extension JSONTreeEncoder {
    fileprivate func write<Key: CodingKey>(_ value: some Encodable, _ key: Key) throws {
        let name = key.stringValue
        guard isFieldWritten, let text else {
            object().set(name, try JSONNode.node(value, at: CodingPosition(key, in: position)))
            return
        }
        begin(name, text)
        try text.write(value, at: CodingPosition(key, in: position))
    }

    fileprivate func write<Key: CodingKey>(items: [some Encodable], _ key: Key) throws {
        guard isFieldWritten, let text else { return try write(items, key) }
        begin(key.stringValue, text)
        try text.write(items: items, at: CodingPosition(key, in: position))
    }

    private func begin(_ name: String, _ text: JSONTextBuilder) {
        assert(lastName < name, "\(name) is written after \(lastName)")
        lastName = name
        text.beginField(name)
    }
}

/// Writes the fields of an object, which come in the order of their names, into our own encoder without a container
/// between: the first use of one costs a process more than the whole text of a small job.
struct FieldWriter {
    private let encoder: any Encoder
    private let own: JSONTreeEncoder?

    init(_ encoder: any Encoder) {
        self.encoder = encoder
        own = encoder as? JSONTreeEncoder
    }

    /// What isn't there is left out.
    func write<Key: CodingKey>(_ value: (some Encodable)?, _ key: Key) throws {
        guard let value else { return }
        if let own {
            try own.write(value, key)
        } else {
            try writeElsewhere(value, key)
        }
    }

    /// The same for an array, each of whose items is written as it comes.
    func write<Key: CodingKey>(items: [some Encodable]?, _ key: Key) throws {
        guard let items else { return }
        if let own {
            try own.write(items: items, key)
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

private struct EncodedFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let object: EncodedObject
    let position: CodingPosition?

    var codingPath: [any CodingKey] { CodingPosition.path(position) }

    func encodeNil(forKey key: Key) { object.set(key.stringValue, .value(.null)) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        object.set(
            key.stringValue, try JSONNode.node(value, at: CodingPosition(key, in: position)))
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let nested = EncodedObject()
        object.set(key.stringValue, .object(nested))
        return KeyedEncodingContainer(
            EncodedFields<NestedKey>(
                object: nested, position: CodingPosition(key, in: position)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let nested = EncodedArray()
        object.set(key.stringValue, .array(nested))
        return EncodedItems(array: nested, position: CodingPosition(key, in: position))
    }

    func superEncoder() -> any Encoder { encoder(SuperKey()) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

    private func encoder(_ key: some CodingKey) -> any Encoder {
        JSONTreeEncoder(at: CodingPosition(key, in: position)) { [object] node in
            object.set(key.stringValue, node)
        }
    }
}

private struct EncodedItems: UnkeyedEncodingContainer {
    let array: EncodedArray
    let position: CodingPosition?

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var count: Int { array.items.count }
    private var next: CodingPosition { CodingPosition(IndexKey(count), in: position) }

    func encodeNil() { array.items.append(.value(.null)) }

    func encode<Value: Encodable>(_ value: Value) throws {
        array.items.append(try JSONNode.node(value, at: next))
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let nested = EncodedObject()
        let position = next
        array.items.append(.object(nested))
        return KeyedEncodingContainer(EncodedFields<NestedKey>(object: nested, position: position))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let nested = EncodedArray()
        let position = next
        array.items.append(.array(nested))
        return EncodedItems(array: nested, position: position)
    }

    func superEncoder() -> any Encoder {
        let index = count
        let position = next
        array.items.append(.value(.null))
        return JSONTreeEncoder(at: position) { [array] node in array.items[index] = node }
    }
}

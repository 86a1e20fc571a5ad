extension JSONTextEncoder {
    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            KeyedParts(encoder: self, parts: ownParts(isObject: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedParts(encoder: self, parts: ownParts(isObject: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Those of the value that is being written: it has one container, however often it asks for one.
    private func ownParts(isObject: Bool) -> JSONParts {
        if case .parts(let parts) = content, parts.isObject == isObject { return parts }
        guard case .nothing = content else {
            preconditionFailure("a container comes before what is written without one")
        }
        let parts = JSONParts(isObject: isObject, depth: writer.depth + 1, position: position)
        content = .parts(parts)
        return parts
    }

    func write(_ value: some Encodable, _ key: some CodingKey, in parts: JSONParts) throws {
        parts.set(key.stringValue, .text(try text(of: value, in: parts, under: key)))
    }

    /// The text of a part.
    fileprivate func text(
        of value: some Encodable, in parts: JSONParts, under key: some CodingKey
    ) throws -> [UInt8] {
        let outer = writer.beginPart(depth: parts.depth)
        do {
            try write(value, at: CodingPosition(key, in: parts.position))
        } catch {
            _ = writer.endPart(outer)
            throw error
        }
        return writer.endPart(outer)
    }

    /// An encoder for inherited parts.
    fileprivate func encoder(in parts: JSONParts, under key: some CodingKey) -> JSONTextEncoder {
        JSONTextEncoder(
            isPretty: writer.isPretty, depth: parts.depth,
            position: CodingPosition(key, in: parts.position))
    }
}

extension JSONTextEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { try encode(JSONValue.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
        guard case .nothing = content else {
            preconditionFailure("a single value is written once")
        }
        try write(value, at: position)
        content = .single
    }
}

/// An object or an array that containers build.
final class JSONParts {
    enum Content {
        case text([UInt8])
        case parts(JSONParts)
        case encoder(JSONTextEncoder)
    }

    let isObject: Bool
    /// Of its parts.
    let depth: Int
    let position: CodingPosition?
    private var parts: [(name: String, content: Content)] = []

    init(isObject: Bool, depth: Int, position: CodingPosition?) {
        self.isObject = isObject
        self.depth = depth
        self.position = position
    }

    var count: Int { parts.count }

    /// Fields by their names.
    var inOrder: [(name: String, content: Content)] {
        isObject ? parts.sorted { $0.name < $1.name } : parts
    }

    /// Of two with one name, the last one counts.
    func set(_ name: String, _ content: Content) {
        if let index = parts.firstIndex(where: { $0.name == name }) {
            parts[index].content = content
        } else {
            parts.append((name, content))
        }
    }

    func append(_ content: Content) { parts.append(("", content)) }

    func nested(isObject: Bool, under key: some CodingKey) -> JSONParts {
        JSONParts(
            isObject: isObject, depth: depth + 1, position: CodingPosition(key, in: position))
    }
}

private struct KeyedParts<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: JSONTextEncoder
    let parts: JSONParts

    var codingPath: [any CodingKey] { CodingPosition.path(parts.position) }

    func encodeNil(forKey key: Key) throws { try encode(JSONValue.null, forKey: key) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try encoder.write(value, key, in: parts)
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let nested = parts.nested(isObject: true, under: key)
        parts.set(key.stringValue, .parts(nested))
        return KeyedEncodingContainer(KeyedParts<NestedKey>(encoder: encoder, parts: nested))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let nested = parts.nested(isObject: false, under: key)
        parts.set(key.stringValue, .parts(nested))
        return UnkeyedParts(encoder: encoder, parts: nested)
    }

    func superEncoder() -> any Encoder { superEncoder(SuperKey()) }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key) }

    private func superEncoder(_ key: some CodingKey) -> any Encoder {
        let inherited = encoder.encoder(in: parts, under: key)
        parts.set(key.stringValue, .encoder(inherited))
        return inherited
    }
}

private struct UnkeyedParts: UnkeyedEncodingContainer {
    let encoder: JSONTextEncoder
    let parts: JSONParts

    var codingPath: [any CodingKey] { CodingPosition.path(parts.position) }
    var count: Int { parts.count }
    private var next: IndexKey { IndexKey(count) }

    func encodeNil() throws { try encode(JSONValue.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
        parts.append(.text(try encoder.text(of: value, in: parts, under: next)))
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let nested = parts.nested(isObject: true, under: next)
        parts.append(.parts(nested))
        return KeyedEncodingContainer(KeyedParts<NestedKey>(encoder: encoder, parts: nested))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let nested = parts.nested(isObject: false, under: next)
        parts.append(.parts(nested))
        return UnkeyedParts(encoder: encoder, parts: nested)
    }

    func superEncoder() -> any Encoder {
        let inherited = encoder.encoder(in: parts, under: next)
        parts.append(.encoder(inherited))
        return inherited
    }
}

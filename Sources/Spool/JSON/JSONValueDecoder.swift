/// Makes `Decodable` values of a value that has been read.
struct JSONValueDecoder: Decoder {
    let value: JSONValue
    let position: CodingPosition?

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue
    ) throws -> Value {
        try JSONValueDecoder(value: value, position: nil).unwrap(type)
    }

    /// nil if it isn't an object.
    var fieldCount: Int? {
        guard case .object(let fields) = value else { return nil }
        return fields.count
    }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try fields())
    }

    private func fields<Key>() throws -> DecodedFields<Key> {
        guard case .object(let fields) = value else { throw mismatch([String: Any].self) }
        return DecodedFields(fields: fields, position: position)
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw mismatch([Any].self) }
        return DecodedItems(items: items, position: position)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: Errors

    func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "")
        if case .null = value { return .valueNotFound(type, context) }
        return .typeMismatch(type, context)
    }

    private func misfit() -> DecodingError {
        .dataCorrupted(
            DecodingError.Context(
                codingPath: codingPath,
                debugDescription:
                    "a number doesn't fit here: it is too large, or has a fraction where a whole number"
                    + " is wanted"))
    }

    // MARK: Values

    /// The value as one of this type. The types that JSON has are looked at first: they know of no other way.
    func unwrap<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == String.self {
            guard case .string(let text) = value else { throw mismatch(type) }
            return same(text)
        }
        if type == JSONValue.self { return same(value) }
        if type == Bool.self {
            guard case .bool(let flag) = value else { throw mismatch(type) }
            return same(flag)
        }
        // If they aren't that, the general way says what is wrong.
        if type == [String].self, let texts = texts() { return same(texts) }
        if type == [String: String].self, let texts = try namedTexts() { return same(texts) }
        if type == Int.self { return same(try integer(Int.self)) }
        if type == Int64.self { return same(try integer(Int64.self)) }
        if type == Int32.self { return same(try integer(Int32.self)) }
        if type == UInt64.self { return same(try integer(UInt64.self)) }
        if type == Double.self { return same(try number()) }
        if type == UInt32.self { return same(try integer(UInt32.self)) }
        if type == UInt.self { return same(try integer(UInt.self)) }
        if type == Int16.self { return same(try integer(Int16.self)) }
        if type == UInt16.self { return same(try integer(UInt16.self)) }
        if type == Int8.self { return same(try integer(Int8.self)) }
        if type == UInt8.self { return same(try integer(UInt8.self)) }
        if type == Float.self { return same(Float(try number())) }
        return try Value(from: self)
    }

    /// nil if it isn't an array of strings.
    private func texts() -> [String]? {
        guard case .array(let items) = value else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(items.count)
        for item in items {
            guard case .string(let text) = item else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// nil if it isn't an object.
    ///
    /// - Throws: for an object with other values; of several, for the first one by name.
    private func namedTexts() throws -> [String: String]? {
        guard case .object(let fields) = value else { return nil }
        var texts: [String: String] = [:]
        texts.reserveCapacity(fields.count)
        for (name, field) in fields {
            guard case .string(let text) = field else {
                let wrong = fields.filter { if case .string = $0.value { false } else { true } }
                guard let first = wrong.min(by: { $0.key < $1.key }) else { return nil }
                let alone = JSONValue.object([first.key: first.value])
                return try [String: String](
                    from: JSONValueDecoder(value: alone, position: position))
            }
            texts[name] = text
        }
        return texts
    }

    /// A value of a type that was found to be the wanted one.
    private func same<Known, Value>(_ known: Known) -> Value {
        unsafeBitCast(known, to: Value.self)
    }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        let exact: Number? =
            switch value {
            case .integer(let number): Number(exactly: number)
            case .unsigned(let number): Number(exactly: number)
            case .number: nil
            default: throw mismatch(type)
            }
        guard let exact else { throw misfit() }
        return exact
    }

    private func number() throws -> Double {
        switch value {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .number(let number): number
        default: throw mismatch(Double.self)
        }
    }
}

extension JSONValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try unwrap(type) }
}

private struct DecodedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: [String: JSONValue]
    let position: CodingPosition?

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var allKeys: [Key] { fields.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { fields[key.stringValue] != nil }

    private func decoder(_ key: some CodingKey) throws -> JSONValueDecoder {
        guard let value = fields[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: ""))
        }
        return JSONValueDecoder(value: value, position: CodingPosition(key, in: position))
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).unwrap(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = fields[key.stringValue] else { return nil }
        if case .null = value { return nil }
        return try JSONValueDecoder(value: value, position: CodingPosition(key, in: position))
            .unwrap(type)
    }

    func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try decoder(SuperKey()) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

private struct DecodedItems: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let position: CodingPosition?
    var currentIndex = 0

    init(items: [JSONValue], position: CodingPosition?) {
        self.items = items
        self.position = position
    }

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }

    private func decoder(_ type: any Any.Type) throws -> JSONValueDecoder {
        let here = CodingPosition(IndexKey(currentIndex), in: position)
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type,
                DecodingError.Context(
                    codingPath: CodingPosition.path(here), debugDescription: "the array ends"))
        }
        return JSONValueDecoder(value: items[currentIndex], position: here)
    }

    mutating func decodeNil() throws -> Bool {
        guard try decoder(Never.self).decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try decoder(type).unwrap(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try decoder([String: Any].self).container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try decoder([Any].self).unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let inherited = try decoder((any Decoder).self)
        currentIndex += 1
        return inherited
    }
}

/// Writes the text of an `Encodable` value while the value names its parts.
///
/// One encoder serves a value and all that is in it. Single values, and the fields that come by a `FieldWriter`, go
/// straight into the text. Values that come by containers are kept in parts until their value is complete, as their
/// order isn't known before.
final class JSONTextEncoder: Encoder {
    /// The form that the value being written has asked for.
    enum Content {
        case nothing
        case single
        case fields
        case parts(JSONParts)
    }

    var writer: JSONWriter
    /// Of the value that is being written.
    var position: CodingPosition?
    var content = Content.nothing
    /// The field that a `FieldWriter` wrote last.
    private var lastName = ""

    init(isPretty: Bool, depth: Int = 0, position: CodingPosition? = nil) {
        writer = JSONWriter(isPretty: isPretty, depth: depth)
        self.position = position
    }

    var codingPath: [any CodingKey] { CodingPosition.path(position) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The text with a line break.
    static func line(_ value: some Encodable, isPretty: Bool) throws -> [UInt8] {
        let encoder = JSONTextEncoder(isPretty: isPretty)
        try encoder.write(value, at: nil)
        return encoder.writer.line()
    }

    // MARK: Values

    /// - Parameter inner: the position of the value.
    func write<Value: Encodable>(
        _ value: Value, at inner: @autoclosure () -> CodingPosition?
    ) throws {
        if try writeKnown(value, at: inner()) { return }
        let outer = (content, lastName, position)
        content = .nothing
        lastName = ""
        position = inner()
        defer { (content, lastName, position) = outer }
        try value.encode(to: self)
        writeContent()
    }

    /// Writes the content that the value has asked for, as far as it isn't in the text.
    private func writeContent() {
        switch content {
        case .nothing:
            writer.beginObject()
            writer.endObject()
        case .single: break
        case .fields: writer.endObject()
        case .parts(let parts): write(parts)
        }
    }

    private func write(_ parts: JSONParts) {
        parts.isObject ? writer.beginObject() : writer.beginArray()
        for part in parts.inOrder {
            parts.isObject ? writer.beginField(part.name) : writer.beginItem()
            switch part.content {
            case .text(let text): writer.append(text)
            case .parts(let inner): write(inner)
            case .encoder(let encoder):
                encoder.writeContent()
                writer.append(encoder.writer.bytes)
            }
        }
        parts.isObject ? writer.endObject() : writer.endArray()
    }

    /// Writes a value of one of the types that JSON has, which know of no other way.
    ///
    /// - Returns: false for one of another type.
    private func writeKnown<Value: Encodable>(
        _ value: Value, at inner: @autoclosure () -> CodingPosition?
    ) throws -> Bool {
        let type = Value.self
        if type == String.self {
            writer.write(same(value) as String)
        } else if type == JSONValue.self {
            writer.write(same(value) as JSONValue)
        } else if type == Bool.self {
            writer.write(same(value) as Bool)
        } else if type == [String].self {
            writer.write(same(value) as [String])
        } else if type == [String: String].self {
            writer.write(same(value) as [String: String])
        } else if type == Int.self {
            writer.append(same(value) as Int)
        } else if type == Int64.self {
            writer.append(same(value) as Int64)
        } else if type == Int32.self {
            writer.append(same(value) as Int32)
        } else if type == UInt64.self {
            writer.append(same(value) as UInt64)
        } else if type == Double.self {
            try write(number: same(value), at: inner())
        } else if type == UInt32.self {
            writer.append(same(value) as UInt32)
        } else if type == UInt.self {
            writer.append(same(value) as UInt)
        } else if type == Int16.self {
            writer.append(same(value) as Int16)
        } else if type == UInt16.self {
            writer.append(same(value) as UInt16)
        } else if type == Int8.self {
            writer.append(same(value) as Int8)
        } else if type == UInt8.self {
            writer.append(same(value) as UInt8)
        } else if type == Float.self {
            try write(number: Double(same(value) as Float), at: inner())
        } else {
            return false
        }
        return true
    }

    /// A value of a type that was found to be the wanted one.
    private func same<Value, Known>(_ value: Value) -> Known {
        unsafeBitCast(value, to: Known.self)
    }

    private func write(number: Double, at inner: CodingPosition?) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number,
                EncodingError.Context(
                    codingPath: CodingPosition.path(inner),
                    debugDescription: "JSON has no infinite numbers"))
        }
        writer.write(number)
    }
}

// MARK: Fields, straight into the text

extension JSONTextEncoder {
    /// Fields of a value that has a container already become parts of that.
    func beginFields() {
        guard case .nothing = content else { return }
        content = .fields
        writer.beginObject()
    }

    func writeField<Key: CodingKey>(_ value: some Encodable, _ key: Key) throws {
        if case .parts(let parts) = content { return try write(value, key, in: parts) }
        beginField(key)
        try write(value, at: CodingPosition(key, in: position))
    }

    func writeField<Key: CodingKey>(items: [some Encodable], _ key: Key) throws {
        if case .parts(let parts) = content { return try write(items, key, in: parts) }
        beginField(key)
        let field = CodingPosition(key, in: position)
        writer.beginArray()
        for (index, item) in items.enumerated() {
            writer.beginItem()
            try write(item, at: CodingPosition(IndexKey(index), in: field))
        }
        writer.endArray()
    }

    private func beginField(_ key: some CodingKey) {
        let name = key.stringValue
        assert(lastName < name, "\(name) is written after \(lastName)")
        lastName = name
        writer.beginField(name)
    }
}

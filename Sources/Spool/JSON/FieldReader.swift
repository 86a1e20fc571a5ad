/// Reads the fields of an object, of our own decoder without a container between, as `FieldWriter` writes them. Most of
/// a job's are missing in most jobs, and to look for each of them isn't free.
struct FieldReader<Field: CodingKey & CaseIterable> {
    private let own: (fields: FieldTable<Field>, position: CodingPosition?)?
    private let container: KeyedDecodingContainer<Field>?
    private let codingPath: [any CodingKey]

    /// - Parameter isStrict: whether a field that isn't a case of `Field` is an error.
    init(_ decoder: any Decoder, isStrict: Bool) throws {
        if let own = decoder as? JSONValueDecoder, case .object(let object) = own.value {
            let fields = FieldTable<Field>(object)
            if isStrict, fields.count < object.count {
                try FieldNames.check(decoder, against: Field.self)
            }
            self.own = (fields, own.position)
            container = nil
            codingPath = []
        } else {
            own = nil
            container =
                isStrict
                ? try FieldNames.checkedContainer(of: decoder, keyedBy: Field.self)
                : try decoder.container(keyedBy: Field.self)
            codingPath = decoder.codingPath
        }
    }

    /// Whether the object has such a field; true if that can't be told.
    func mayHave(_ field: Field) -> Bool { own?.fields.has(field) ?? true }

    /// nil for a field that is missing, or null.
    func read<Value: Decodable>(_ field: Field) throws -> Value? {
        guard let own else { return try container?.decodeIfPresent(Value.self, forKey: field) }
        guard let value = own.fields[field] else { return nil }
        if case .null = value { return nil }
        return try JSONValueDecoder(value: value, position: CodingPosition(field, in: own.position))
            .unwrap(Value.self)
    }

    /// - Throws: if it is missing, or null.
    func require<Value: Decodable>(_ field: Field) throws -> Value {
        if let value: Value = try read(field) { return value }
        let path = own.map { CodingPosition.path($0.position) } ?? codingPath
        if own?.fields[field] != nil {
            throw DecodingError.valueNotFound(
                Value.self,
                DecodingError.Context(codingPath: path + [field], debugDescription: ""))
        }
        throw DecodingError.keyNotFound(
            field, DecodingError.Context(codingPath: path, debugDescription: ""))
    }
}

/// The values of an object by the numbers of its fields, of which there may be 64 at most.
private struct FieldTable<Field: CodingKey & CaseIterable> {
    private var values: [(field: UInt8, value: JSONValue)] = []
    /// One bit for each field that is there.
    private var present: UInt64 = 0

    init(_ object: [String: JSONValue]) {
        values.reserveCapacity(object.count)
        for (name, value) in object {
            guard let field = Field(stringValue: name) else { continue }
            let number = FieldTable.number(of: field)
            present |= 1 << UInt64(number)
            values.append((number, value))
        }
    }

    var count: Int { values.count }

    func has(_ field: Field) -> Bool { present >> UInt64(FieldTable.number(of: field)) & 1 == 1 }

    subscript(field: Field) -> JSONValue? {
        guard has(field) else { return nil }
        let number = FieldTable.number(of: field)
        return values.first { $0.field == number }?.value
    }

    /// Cases without values are counted from 0, in one byte.
    private static func number(of field: Field) -> UInt8 {
        precondition(MemoryLayout<Field>.size == 1, "\(Field.self) is an enumeration of cases")
        return unsafeBitCast(field, to: UInt8.self)
    }
}

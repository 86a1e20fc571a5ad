/// What is to be written: values, and the objects and arrays that coders have built of them.
enum JSONNode {
    case value(JSONValue)
    case strings([String: String])
    case object(EncodedObject)
    case array(EncodedArray)

    /// What an `Encodable` value asks to be written.
    static func node<Value: Encodable>(
        _ value: Value, at position: CodingPosition?
    ) throws -> JSONNode {
        if let known = try known(value, at: position) { return known }
        let encoder = JSONTreeEncoder(at: position)
        try value.encode(to: encoder)
        return encoder.node ?? .object(EncodedObject())
    }

    /// A value of one of the types that JSON has, which know of no other way; nil for one of another type.
    static func known<Value: Encodable>(
        _ value: Value, at position: @autoclosure () -> CodingPosition?
    ) throws -> JSONNode? {
        let type = Value.self
        if type == String.self { return .value(.string(same(value))) }
        if type == JSONValue.self { return .value(same(value)) }
        if type == Bool.self { return .value(.bool(same(value))) }
        if type == [String].self { return .value(.strings(same(value))) }
        if type == [String: String].self { return .strings(same(value)) }
        if type == Int.self { return .value(.integer(Int64(same(value) as Int))) }
        if type == Int64.self { return .value(.integer(same(value))) }
        if type == Int32.self { return .value(.integer(Int64(same(value) as Int32))) }
        if type == UInt64.self { return .value(unsigned(same(value))) }
        if type == Double.self { return try number(same(value), at: position()) }
        if type == UInt32.self { return .value(.integer(Int64(same(value) as UInt32))) }
        if type == UInt.self { return .value(unsigned(UInt64(same(value) as UInt))) }
        if type == Int16.self { return .value(.integer(Int64(same(value) as Int16))) }
        if type == UInt16.self { return .value(.integer(Int64(same(value) as UInt16))) }
        if type == Int8.self { return .value(.integer(Int64(same(value) as Int8))) }
        if type == UInt8.self { return .value(.integer(Int64(same(value) as UInt8))) }
        if type == Float.self { return try number(Double(same(value) as Float), at: position()) }
        return nil
    }

    /// What is of a type that was found to be the wanted one.
    private static func same<Value, Known>(_ value: Value) -> Known {
        unsafeBitCast(value, to: Known.self)
    }

    private static func unsigned(_ number: UInt64) -> JSONValue {
        Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
    }

    private static func number(
        _ number: Double, at position: CodingPosition?
    ) throws -> JSONNode {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number,
                EncodingError.Context(
                    codingPath: CodingPosition.path(position),
                    debugDescription: "JSON has no infinite numbers"))
        }
        return .value(.number(number))
    }
}

/// An object that is being built; the last of two equal keys counts.
final class EncodedObject {
    private(set) var fields: [(key: String, node: JSONNode)] = []

    init() { fields.reserveCapacity(16) }

    func set(_ key: String, _ node: JSONNode) {
        if let index = fields.firstIndex(where: { $0.key == key }) {
            fields[index].node = node
        } else {
            fields.append((key, node))
        }
    }
}

final class EncodedArray {
    var items: [JSONNode] = []
}

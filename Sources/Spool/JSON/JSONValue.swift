/// Any JSON, kept as it is: integers of 64 bits exactly, other numbers as a double, objects without the
/// order of their keys.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// Whether it fits as the field of an object into a text that its reader takes.
    var fitsIntoField: Bool { fits(depth: 1) }

    private func fits(depth: Int) -> Bool {
        guard depth < JSONSyntax.depthLimit else { return false }
        switch self {
        case .array(let items): return items.allSatisfy { $0.fits(depth: depth + 1) }
        case .object(let fields): return fields.values.allSatisfy { $0.fits(depth: depth + 1) }
        default: return true
        }
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let own = decoder as? JSONValueDecoder {
            // To ask a decoder for one type after the other costs an error a try, with the whole path in it. A megabyte
            // of small values, deep down, would take a minute.
            self = own.value
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? container.decode(UInt64.self) {
            self = .unsigned(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let object = try? container.decode([String: JSONValue].self) {
            self = .object(object)
        } else {
            self = .array(try container.decode([JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .unsigned(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// A number as JSON writes it; nil if it is out of range. Whole numbers are integers, however they are written, if
    /// 64 bits hold them.
    init?(number text: String) {
        if let integer = Int64(text) {
            self = .integer(integer)
            return
        }
        // 9999999999999999.0 and 99999999999999999e0 have more digits than a double.
        let whole = JSONValue.wholeNumber(text) ?? text
        if let integer = Int64(whole) {
            self = .integer(integer)
        } else if let unsigned = UInt64(whole) {
            self = .unsigned(unsigned)
        } else if let double = Double(text), double.isFinite {
            if let integer = Int64(exactly: double) {
                self = .integer(integer)
            } else if let unsigned = UInt64(exactly: double) {
                self = .unsigned(unsigned)
            } else {
                self = .number(double)
            }
        } else {
            return nil
        }
    }

    /// The digits of a number that has a fraction or an exponent and is whole all the same. It may not be longer than a
    /// number of 64 bits.
    private static func wholeNumber(_ text: String) -> String? {
        var digits: [UInt8] = []
        var scale = 0
        var isNegative = false
        var isFraction = false
        var rest = text.utf8[...]
        scan: while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte) }
                if isFraction { scale -= 1 }
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "-"): isNegative = true
            default:
                guard let exponent = Int16(Substring(rest)) else { return nil }
                scale += Int(exponent)
                break scan
            }
        }
        while scale < 0, digits.last ?? UInt8(ascii: "0") == UInt8(ascii: "0") {
            _ = digits.popLast()
            scale += 1
        }
        guard scale >= 0, digits.count + scale <= 20 else { return nil }
        let zeros = String(repeating: "0", count: digits.isEmpty ? 1 : scale)
        return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self) + zeros
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

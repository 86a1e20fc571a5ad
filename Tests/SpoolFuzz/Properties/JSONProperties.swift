import FoundationEssentials
import Spool

/// Of the syntax checker: Foundation's decoder, a parser of other people's, takes what it takes.
enum JSONProperties {
    /// What is refused although Foundation takes it.
    private static let stricter = [
        "stands here twice", "nested more than", "out of range", "the file is empty",
        "no ',' may stand before",
    ]

    @Sendable static func check(_ bytes: [UInt8]) throws {
        let foundation = decode(bytes)
        do throws(SpoolError) {
            try JSONSyntax.check(bytes)
        } catch {
            try JobProperties.checkError(error, bytes)
            // Foundation also reads UTF-16 and UTF-32, and skips a byte order mark.
            let isOtherEncoding = bytes.contains(0) || bytes.first.map { $0 >= 0xef } ?? false
            let isStricter = stricter.contains { error.message.contains($0) }
            return try require(
                foundation == nil || isStricter || isOtherEncoding,
                "Foundation reads it: \(error.message)")
        }
        guard let theirs = foundation else {
            throw Violation(description: "Foundation doesn't read it")
        }
        let value = try JSONText.decode(JSONValue.self, from: bytes)
        let hasFractions = bytes.contains(UInt8(ascii: "."))
        try require(
            value == theirs || hasFractions && value.isNearly(theirs), "another value")
        for isPretty in [false, true] {
            let written = try JSONText.encode(value, pretty: isPretty)
            try JSONSyntax.check(written)
            try require(
                try JSONText.decode(JSONValue.self, from: written) == value,
                "another value comes back: \(written.text)")
        }
    }

    private static func decode(_ bytes: [UInt8]) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}

extension JSONValue {
    /// Whether they differ at most in the last bit of doubles that have no room for a fraction.
    ///
    /// Of 9007199254740993.5 Foundation cuts the fraction off; here it is the nearest double, as it is to everyone.
    fileprivate func isNearly(_ other: JSONValue) -> Bool {
        if let mine = wholeDouble, let theirs = other.wholeDouble {
            return abs(mine - theirs) <= mine.ulp
        }
        switch (self, other) {
        case (.array(let mine), .array(let theirs)):
            return mine.elementsEqual(theirs) { $0.isNearly($1) }
        case (.object(let mine), .object(let theirs)):
            return mine.count == theirs.count
                && mine.allSatisfy { key, value in theirs[key].map(value.isNearly) ?? false }
        default: return self == other
        }
    }

    /// A number of 2^53 and more.
    private var wholeDouble: Double? {
        let double: Double
        switch self {
        case .integer(let integer): double = Double(integer)
        case .unsigned(let unsigned): double = Double(unsigned)
        case .number(let number): double = number
        case .null, .bool, .string, .array, .object: return nil
        }
        return abs(double) < Double(1 << 53) ? nil : double
    }
}

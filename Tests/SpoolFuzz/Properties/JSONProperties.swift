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
        let value = decode(bytes)
        do throws(SpoolError) {
            try JSONSyntax.check(bytes)
        } catch {
            try JobProperties.checkError(error, bytes)
            // Foundation also reads UTF-16 and UTF-32, and skips a byte order mark.
            let isOtherEncoding = bytes.contains(0) || bytes.first.map { $0 >= 0xef } ?? false
            let isStricter = stricter.contains { error.message.contains($0) }
            return try require(
                value == nil || isStricter || isOtherEncoding,
                "Foundation reads it: \(error.message)")
        }
        guard let value else { throw Violation(description: "Foundation doesn't read it") }
        try require(try JSONText.decode(JSONValue.self, from: bytes) == value, "another value")
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

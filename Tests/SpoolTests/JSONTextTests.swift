import Foundation
import SpoolTestSupport
import Testing

@testable import Spool

/// Our coder against Foundation's, which it stands in for.
struct JSONTextTests {
    private struct Everything: Codable, Equatable {
        enum Kind: String, Codable { case small, large }
        struct Inner: Codable, Equatable {
            var list: [Int]
            var nothing: String?
        }

        var text: String
        var flag: Bool
        var byte: UInt8
        var short: Int16
        var big: UInt64
        var small: Int64
        var real: Double
        var single: Float
        var kind: Kind
        var optional: Int32?
        var names: [String: [Inner]]
        var nested: [[String?]]
    }

    private func everything(_ random: inout SeededGenerator) -> Everything {
        let alphabet = Array("ab\"\\/\n\t\r\u{8}\u{c}\u{1}\u{1f}\u{7f}é€😀\u{2028} ,:")
        func text() -> String {
            String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? "x"
                })
        }
        func inner() -> Everything.Inner {
            .init(
                list: (0..<Int.random(in: 1...3, using: &random)).map { $0 - 1 },
                nothing: Bool.random(using: &random) ? nil : text())
        }
        let exponent = Double(Int.random(in: -300...300, using: &random))
        return Everything(
            text: text(), flag: Bool.random(using: &random),
            byte: UInt8.random(in: 0...255, using: &random), short: -300,
            big: UInt64.random(in: .min ... .max, using: &random),
            small: Int64.random(in: .min ... .max, using: &random),
            real: Double.random(in: -10...10, using: &random) * pow(10, exponent), single: 0.1,
            kind: .large, optional: Bool.random(using: &random) ? nil : 7,
            names: [text(): [inner()], text() + "x": [inner(), inner()]],
            nested: [[text(), nil], [text()]])
    }

    @Test func writesWhatFoundationReads() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let value = everything(&random)
            for isPretty in [false, true] {
                let bytes = try JSONText.encode(value, pretty: isPretty)
                #expect(try JSONDecoder().decode(Everything.self, from: Data(bytes)) == value)
                #expect(try JSONText.decode(Everything.self, from: bytes) == value)
            }
        }
    }

    @Test func readsWhatFoundationWrites() throws {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<500 {
            let value = everything(&random)
            let bytes = Array(try JSONEncoder().encode(value))
            #expect(try JSONText.decode(Everything.self, from: bytes) == value)
        }
    }

    /// The text is the same as Foundation's, so that files from before look as they did.
    @Test func writesAsFoundationDoes() throws {
        let value: JSONValue = [
            "b": [1, 2, "a/\"\\\n\u{1f}é"], "a": true, "c_d": .number(0.1), "c": .null,
            "e": ["x": .number(1e300), "y": .unsigned(.max), "z": .integer(.min)],
        ]
        for isPretty in [false, true] {
            let foundation = JSONEncoder()
            foundation.outputFormatting =
                isPretty
                ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
                : [.sortedKeys, .withoutEscapingSlashes]
            let theirs = Array(try foundation.encode(value)) + [10]
            let ours = try JSONText.encode(value, pretty: isPretty)
            #expect(
                String(decoding: ours, as: UTF8.self) == String(decoding: theirs, as: UTF8.self))
        }
    }

    private class Base: Codable {
        var base = 1
    }

    private final class Derived: Base {
        private enum Key: String, CodingKey { case own, list }
        var own = "o"

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            own = try fields.decode(String.self, forKey: .own)
            var list = try fields.nestedUnkeyedContainer(forKey: .list)
            #expect(try list.decodeNil())
            #expect(try list.decode(Int.self) == 5 && list.isAtEnd)
            #expect(throws: DecodingError.self) { try list.decode(Int.self) }
            try super.init(from: try fields.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Key.self)
            try fields.encode(own, forKey: .own)
            var list = fields.nestedUnkeyedContainer(forKey: .list)
            try list.encodeNil()
            try list.encode(5)
            try super.encode(to: fields.superEncoder())
        }
    }

    @Test(
        arguments: [
            ("9007199254740993", .integer(9_007_199_254_740_993)),
            ("99999999990004001E00", .integer(99_999_999_990_004_001)),
            ("9999999999999963616.000", .unsigned(9_999_999_999_999_963_616)),
            ("-9223372036854775808.0", .integer(.min)),
            ("1.8446744073709551615e+19", .unsigned(.max)),
            ("1844674407370955161500e-2", .unsigned(.max)),
            ("18446744073709551616", .number(0x1p64)),
            ("-0.0", .integer(0)), ("0e-32768", .integer(0)), ("0e99999", .integer(0)),
            ("0.05e2", .integer(5)), ("1.5", .number(1.5)), ("15e-1", .number(1.5)),
            // Above 2^53 the nearest double is whole.
            ("-999999990009000616.1", .integer(-999_999_990_009_000_576)),
        ] as [(String, JSONValue)])
    func keepsWholeNumbersToTheLastDigit(text: String, value: JSONValue) throws {
        #expect(try JSONText.decode(JSONValue.self, from: Array(text.utf8)) == value)
    }

    @Test func knowsWhatClassesInherit() throws {
        let value = Derived()
        value.base = 3
        value.own = "p"
        let bytes = try JSONText.encode(value, pretty: false)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"list":[null,5],"own":"p","super":{"base":3}}"# + "\n")
        let again = try JSONText.decode(Derived.self, from: bytes)
        #expect(again.base == 3 && again.own == "p")
    }

    @Test(arguments: [
        (#"{"text": 1}"#, #""text": a string is wanted here"#),
        (#"{"flag": null, "text": ""}"#, #""flag": true or false is wanted here, not null"#),
        (#"{"text": "", "flag": true, "byte": 256}"#, #""byte": a number doesn't fit here"#),
        (#"{"text": "", "flag": true, "byte": 1.5}"#, #""byte": a number doesn't fit here"#),
        (#"{"text": "", "flag": true}"#, #""byte": is missing"#),
        ("[1]", "one JSON object"), ("null", "one JSON object"),
    ])
    func saysWhatDoesNotFit(text: String, words: String) {
        let error = #expect(throws: SpoolError.self) {
            try JSONText.decode(Everything.self, from: Array(text.utf8))
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func hasNoInfiniteNumbers() {
        #expect(throws: SpoolError.self) { try JSONText.encode([Double.infinity], pretty: false) }
    }

    @Test func codesBase64AsFoundationDoes() throws {
        var random = SeededGenerator(seed: 13)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == text)
            #expect(Base64.decode(text) == bytes)
        }
        for text in ["A", "AA", "AAA", "AA=A", "====", "A===", "AAAA\n", "AA A", "A-AA", "é==="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }
}

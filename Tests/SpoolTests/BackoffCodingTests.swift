import SpoolTime
import Testing

@testable import Spool

/// The two forms of a backoff in a job's file.
struct BackoffCodingTests {
    private final class Counts {
        var objects = 0
        var lists = 0
    }

    /// A decoder that counts the containers that are made of it.
    private struct Counting: Decoder {
        let inner: JSONValueDecoder
        let counts: Counts
        var codingPath: [any CodingKey] { inner.codingPath }
        var userInfo: [CodingUserInfoKey: Any] { inner.userInfo }

        func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            if type == Job.Backoff.Key.self { counts.objects += 1 }
            return try inner.container(keyedBy: type)
        }

        func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
            counts.lists += 1
            return try inner.unkeyedContainer()
        }

        func singleValueContainer() -> any SingleValueDecodingContainer {
            inner.singleValueContainer()
        }
    }

    private func read(_ text: String) throws -> (backoff: Job.Backoff, counts: Counts) {
        let value = try JSONSyntax.parse(Array(text.utf8))
        let counts = Counts()
        let inner = JSONValueDecoder(value: value, position: nil)
        return (try Job.Backoff(from: Counting(inner: inner, counts: counts)), counts)
    }

    /// Each claim reads it.
    @Test func anObjectIsLookedAtOnce() throws {
        let (backoff, counts) = try read(#"{"kind": "fixed", "delay": "5s"}"#)
        #expect(backoff == .fixed(delay: .seconds(5), jitter: 0))
        #expect(counts.objects == 1 && counts.lists == 0)
    }

    @Test func aListStandsForItsDelays() throws {
        #expect(try read(#"["1s", "1m"]"#).backoff == .delays([.seconds(1), .seconds(60)]))
    }

    @Test(arguments: ["[]", "5", "\"5s\"", "true", "[true]"])
    func anotherValueIsRefused(_ text: String) throws {
        #expect(throws: DecodingError.self) { try read(text) }
    }
}

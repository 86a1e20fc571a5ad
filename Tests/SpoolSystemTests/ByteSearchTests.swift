import SpoolSystem
import Testing

struct ByteSearchTests {
    @Test(
        arguments: [
            ("", nil), ("abc", nil), ("\n", 0), ("\n\n", 0), ("ab\n", 2), ("a\nb\nc", 1),
            (String(repeating: "x", count: 300) + "\nx\n", 300),
        ] as [(String, Int?)])
    func theFirstOneIsFound(text: String, offset: Int?) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { buffer in
            #expect(buffer.firstOffset(of: UInt8(ascii: "\n")) == offset)
        }
    }

    @Test func whatLiesBehindTheEndIsNotFound() {
        let bytes = Array("abc\nd".utf8)
        bytes.withUnsafeBytes { buffer in
            let part = UnsafeRawBufferPointer(rebasing: buffer[1..<3])
            #expect(part.firstOffset(of: UInt8(ascii: "\n")) == nil)
            #expect(UnsafeRawBufferPointer(start: nil, count: 0).firstOffset(of: 0) == nil)
        }
    }
}

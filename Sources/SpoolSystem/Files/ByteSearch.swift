import Glibc

extension UnsafeRawBufferPointer {
    /// The offset of the first such byte, found by memchr(3), which looks at many at once. For a command's output, a
    /// loop in Swift takes longer than reading and writing it.
    package func firstOffset(of byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, CInt(byte), count) else {
            return nil
        }
        return UnsafeRawPointer(found) - baseAddress
    }
}

extension String {
    /// Whether its UTF-8 has such a byte. Of a long environment, a loop in Swift would be a good part of a submission.
    package func contains(byte: UInt8) -> Bool {
        utf8.withContiguousStorageIfAvailable {
            UnsafeRawBufferPointer($0).firstOffset(of: byte) != nil
        } ?? utf8.contains(byte)
    }
}

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

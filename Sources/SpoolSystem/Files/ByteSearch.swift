import Glibc

extension UnsafeRawBufferPointer {
    /// Where a byte comes first, by memchr(3), which looks at many at once: a loop in Swift takes longer for a command's
    /// output than reading and writing it.
    package func firstOffset(of byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, CInt(byte), count) else {
            return nil
        }
        return UnsafeRawPointer(found) - baseAddress
    }
}

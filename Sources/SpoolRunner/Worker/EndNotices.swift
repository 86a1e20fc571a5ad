import SpoolSystem

/// How runners tell their worker that a command has ended: a pipe that they inherit. The command's slots are
/// free from then on, while its end is still being written and synced.
///
/// It is a hint. Where it is missed, as by the next worker after a killed one, the slots are free once the
/// runner itself has ended.
package final class EndNotices {
    private let reader: Descriptor
    private let writer: Descriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

    init() throws(Errno) {
        let pipe = try Descriptor.pipe()
        reader = Descriptor(owning: pipe.read)
        writer = Descriptor(owning: pipe.write)
        // Neither side ever waits for the other.
        try Descriptor.setNonBlocking(reader.number)
        try Descriptor.setNonBlocking(writer.number)
    }

    deinit { buffer.deallocate() }

    /// Readable when a command has ended.
    var number: CInt { reader.number }
    /// What a runner keeps open.
    var writerNumber: CInt { writer.number }

    /// Says, in a runner, that its command has ended, with all of its process group.
    func tell() {
        // A worker that is gone, or has thousands of them to read, finds out later.
        try? withUnsafeBytes(of: ProcessIdentity.ownPID) { (pid) throws(Errno) in
            try writer.write(pid)
        }
    }

    /// The runners that have said so since the last look.
    func next() -> [Int32] {
        guard let count = try? Descriptor.read(reader.number, into: buffer) else { return [] }
        // A pipe takes and gives a few bytes whole.
        let size = MemoryLayout<Int32>.size
        return (0..<count / size).map {
            buffer.loadUnaligned(fromByteOffset: $0 * size, as: Int32.self)
        }
    }
}

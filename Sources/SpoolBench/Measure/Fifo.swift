import Glibc
import SpoolSystem

/// A FIFO in which a job says that it has begun, or waits for its end.
final class Fifo {
    let path: String
    private let descriptor: Descriptor
    private var pending: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw BenchFailure(Errno.last, "mkfifo \(path)") }
        // Open for both, so that neither side waits for the other to open it.
        let number = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw BenchFailure(Errno.last, path) }
        descriptor = Descriptor(owning: number)
    }

    deinit { unlink(path) }

    /// Lets so many readers go on.
    func open(for count: Int) throws {
        try descriptor.write([UInt8](repeating: UInt8(ascii: "\n"), count: count))
    }

    /// The next number that somebody writes.
    ///
    /// - Throws: if none comes for a minute.
    func next(upTo seconds: Int32 = 60) throws -> Int64 {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                guard let number = Int64(text) else { throw BenchFailure("a stamp says \(text)") }
                return number
            }
            var ready = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            guard try systemCall({ poll(&ready, 1, seconds * 1000) }) > 0 else {
                throw BenchFailure("no job has begun for \(seconds) seconds")
            }
            pending += try readNow()
        }
    }

    private func readNow() throws -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = try BareDescriptor(descriptor.number).read(into: buffer) ?? 0
            return Array(buffer[..<count])
        }
    }
}

/// Files that a measurement needs.
enum ProgramFile {
    static func write(_ text: String, to path: String) throws {
        do {
            try FilePath(path).writeNewFile(Array(text.utf8))
        } catch {
            throw BenchFailure(error, path)
        }
    }
}

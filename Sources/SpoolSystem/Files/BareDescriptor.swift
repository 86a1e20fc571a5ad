import CSpoolSystem
import Glibc

/// The number of an open file that somebody else closes.
package struct BareDescriptor: Sendable {
    package let number: CInt

    package init(_ number: CInt) { self.number = number }

    /// pipe2(2): two bare descriptors, closed on exec.
    package static func pipe() throws(Errno) -> (read: CInt, write: CInt) {
        var ends: [CInt] = [-1, -1]
        try systemCall { spool_pipe(&ends) }
        return (ends[0], ends[1])
    }

    package func close() {
        _ = Glibc.close(number)
    }

    /// A second descriptor of the same open file, closed on exec.
    package func duplicate() throws(Errno) -> Descriptor {
        Descriptor(owning: try systemCall { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    package func setNonBlocking() throws(Errno) {
        let flags = try systemCall { fcntl(number, F_GETFL) }
        try systemCall { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }

    /// read(2): the number of bytes, 0 at the end, nil if a non-blocking descriptor has none now.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
        try systemCall(unless: .again) { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes everything; waits if the descriptor is non-blocking and full.
    package func write(_ bytes: [UInt8]) throws(Errno) {
        var offset = 0
        while offset < bytes.count {
            let written = try systemCall(unless: .again) {
                bytes.withUnsafeBytes { all in
                    Glibc.write(number, all.baseAddress?.advanced(by: offset), all.count - offset)
                }
            }
            if let written {
                offset += written
            } else {
                var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = try systemCall { poll(&waiting, 1, -1) }
            }
        }
    }
}

// MARK: - Waiting for several

extension BareDescriptor {
    /// poll(2): waits until there is something to read.
    ///
    /// - Parameters:
    ///   - number: nil: nothing; only time passes.
    ///   - milliseconds: how long at most.
    /// - Returns: false if that time is over.
    package static func waitForInput(
        _ number: CInt?, milliseconds: Int32
    ) throws(Errno) -> Bool {
        // A negative number is left out of account.
        var ready = pollfd(fd: number ?? -1, events: Int16(POLLIN), revents: 0)
        return try systemCall { poll(&ready, 1, milliseconds) } > 0
    }

    /// Reads from several pipes until nobody has one open for writing, and forgets the bytes.
    package static func drain(_ numbers: [CInt]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { buffer.deallocate() }
        var open = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while !open.isEmpty {
            // If poll(2) fails, nothing can be taken any more; the writers get SIGPIPE, as without this process.
            guard (try? systemCall { poll(&open, nfds_t(open.count), -1) }) != nil else { return }
            open.removeAll { pipe in
                guard pipe.revents != 0 else { return false }
                // The end, or an error, which a pipe doesn't have.
                let count = (try? BareDescriptor(pipe.fd).read(into: buffer)) ?? 0
                return count == 0 && pipe.revents & Int16(POLLIN) == 0
            }
        }
    }
}

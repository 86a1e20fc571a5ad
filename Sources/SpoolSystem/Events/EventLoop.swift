import CSpoolSystem
import Glibc

/// epoll(7) with tokens in place of descriptors: one thread waits here for everything at once.
package final class EventLoop {
    /// A descriptor that became ready, by its token.
    package struct Event: Sendable {
        package let token: UInt64
        /// There is something to read, or the end.
        package let isReadable: Bool
    }

    private let descriptor: Descriptor
    private var buffer = [spool_event](repeating: spool_event(), count: 256)

    package init() throws(Errno) {
        descriptor = Descriptor(owning: try systemCall { spool_epoll_create() })
    }

    package func watch(_ fd: CInt, token: UInt64) throws(Errno) {
        try systemCall { spool_epoll_add(descriptor.number, fd, SPOOL_EPOLLIN, token) }
    }

    /// Watches only for a hang-up of the other end, even if there is something to read.
    package func watchForEnd(of fd: CInt, token: UInt64) throws(Errno) {
        try systemCall { spool_epoll_add(descriptor.number, fd, 0, token) }
    }

    package func stopWatching(_ fd: CInt) throws(Errno) {
        try systemCall { spool_epoll_remove(descriptor.number, fd) }
    }

    /// Waits for events, for ever if `timeout` is nil.
    ///
    /// - Parameter timeout: in milliseconds.
    package func wait(timeout: Int32? = nil) throws(Errno) -> [Event] {
        let count = try systemCall {
            spool_epoll_wait(descriptor.number, &buffer, CInt(buffer.count), timeout ?? -1)
        }
        return buffer[..<Int(count)].map { raw in
            Event(
                token: raw.token,
                isReadable: raw.events & (SPOOL_EPOLLIN | SPOOL_EPOLLHUP | SPOOL_EPOLLERR) != 0)
        }
    }
}

import CSpoolSystem
import Glibc

/// epoll(7) with sources in place of descriptors: one thread waits here for everything at once.
package final class EventLoop<Source: RawRepresentable<UInt64>> {
    private let descriptor: Descriptor
    private var buffer = [spool_event](repeating: spool_event(), count: 256)

    package init() throws(Errno) {
        descriptor = Descriptor(owning: try systemCall { spool_epoll_create() })
    }

    package func watch(_ fd: CInt, as source: Source) throws(Errno) {
        try systemCall { spool_epoll_add(descriptor.number, fd, SPOOL_EPOLLIN, source.rawValue) }
    }

    /// Watches only for a hang-up of the other end, even if there is something to read.
    package func watchForEnd(of fd: CInt, as source: Source) throws(Errno) {
        try systemCall { spool_epoll_add(descriptor.number, fd, 0, source.rawValue) }
    }

    package func stopWatching(_ fd: CInt) throws(Errno) {
        try systemCall { spool_epoll_remove(descriptor.number, fd) }
    }

    /// Waits until there is something to read, or the end, for ever if `timeout` is nil.
    ///
    /// - Parameter timeout: in milliseconds.
    /// - Returns: the sources of which that is so.
    package func wait(timeout: Int32? = nil) throws(Errno) -> [Source] {
        let count = try systemCall {
            spool_epoll_wait(descriptor.number, &buffer, CInt(buffer.count), timeout ?? -1)
        }
        return buffer[..<Int(count)].compactMap { Source(rawValue: $0.token) }
    }
}

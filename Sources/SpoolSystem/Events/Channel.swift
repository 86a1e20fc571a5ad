import CSpoolSystem
import Glibc

/// One end of a pair of sockets between two processes: small messages, each whole, and descriptors with them.
/// Neither end ever waits for the other.
package final class Channel {
    package struct Message {
        package let bytes: [UInt8]
        /// The descriptor that came with it.
        package let descriptor: CInt?
    }

    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    package static func pair() throws(Errno) -> (Channel, Channel) {
        var numbers: [CInt] = [-1, -1]
        try systemCall { spool_channel(&numbers) }
        return (
            Channel(Descriptor(owning: numbers[0])), Channel(Descriptor(owning: numbers[1]))
        )
    }

    package var number: CInt { descriptor.number }

    /// Sends a message, and lets the other end have a descriptor, which this one still has to close.
    ///
    /// - Throws: EPIPE if nobody is there, EAGAIN if nobody has listened for long.
    package func send(_ bytes: [UInt8], passing passed: CInt? = nil) throws(Errno) {
        try systemCall { spool_channel_send(number, bytes, bytes.count, passed ?? -1) }
    }

    /// Takes a message. The caller has to close a descriptor that comes with it.
    ///
    /// - Returns: nil at the end: the other process has closed its end, or is dead.
    /// - Throws: EAGAIN if there is none.
    package func receive() throws(Errno) -> Message? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        var passed: CInt = -1
        let count = try systemCall {
            spool_channel_receive(number, &buffer, buffer.count, &passed)
        }
        guard count > 0 else { return nil }
        return Message(bytes: Array(buffer[..<count]), descriptor: passed < 0 ? nil : passed)
    }

    /// Takes a message, or the end, as soon as there is one.
    ///
    /// - Throws: EAGAIN if none comes within this time.
    package func receive(within milliseconds: Int32) throws(Errno) -> Message? {
        do throws(Errno) {
            return try receive()
        } catch {
            guard error == .again else { throw error }
        }
        var one = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        _ = poll(&one, 1, milliseconds)
        return try receive()
    }

    /// Takes this message if it is the next one. It is for a process that has sent it and shares the end that it was
    /// sent to.
    ///
    /// If the message doesn't come back so, its receiver takes it.
    package func receive(only bytes: [UInt8]) throws(Errno) -> Message? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = try systemCall { spool_channel_peek(number, &buffer, buffer.count) }
        guard buffer.prefix(count).elementsEqual(bytes) else { return nil }
        return try receive()
    }

    package enum Arrival { case message, signal }

    /// Waits for a message, or the end, or a signal; of both, it is the signal.
    package func wait(or signals: Signals) throws(Errno) -> Arrival {
        let ready = try systemCall { spool_wait_for_two(number, signals.number) }
        return ready & 2 != 0 ? .signal : .message
    }
}

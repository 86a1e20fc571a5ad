import CSpoolSystem
import Glibc

/// A text that is written before SIGINT ends the process. If the signal is ignored, it stays so.
package struct InterruptMessage {
    /// - Parameter text: of which at most 8,192 bytes are written.
    package init(_ text: String, to number: CInt) {
        text.withCString { _ = spool_set_interrupt_message($0, strlen($0), number) }
    }

    /// From now on the signal ends the process without a text.
    package func end() { spool_set_interrupt_message(nil, 0, 2) }
}

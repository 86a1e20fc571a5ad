import CSpoolSystem
import Glibc

extension ProcessControl {
    /// A text that is written before SIGINT ends the process. If the signal is ignored, it stays so.
    package struct LastWord {
        /// - Parameter text: of which at most 8,192 bytes are said.
        package init(_ text: String, to number: CInt) {
            text.withCString { _ = spool_set_last_word($0, strlen($0), number) }
        }

        /// From now on the signal ends the process without a word.
        package func end() { spool_set_last_word(nil, 0, 2) }
    }
}

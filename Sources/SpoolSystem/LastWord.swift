import CSpoolSystem
import Glibc

extension ProcessControl {
    /// What is written before SIGINT ends the process. Where the signal is ignored, it stays so.
    package struct LastWord {
        /// The text lives as long as the process: the signal may come at any moment.
        package init(_ text: String, to number: CInt) {
            guard let copy = strdup(text) else { return }
            spool_set_last_word(copy, strlen(copy), number)
        }

        /// From now on the signal ends the process without a word.
        package func end() { spool_set_last_word(nil, 0, 2) }
    }
}

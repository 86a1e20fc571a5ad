import Glibc

/// Where commands of a test wait until the test lets them go: a FIFO from which each of them reads a line,
/// with `read line < NAME`. It lives as long as the spool.
package final class Gate: Sendable {
    private let file: CInt

    package init(_ spool: TemporarySpool, _ name: String = "gate") throws {
        let path = spool.home + "/" + name
        try FileTree.check(mkfifo(path, 0o600), "mkfifo")
        // For both, so that neither this nor a command's opening of it waits.
        file = Glibc.open(path, O_RDWR | O_CLOEXEC)
        if file < 0 { throw FileTree.Failure(description: "open \(path)") }
        spool.keep(self)
    }

    deinit { close(file) }

    /// Lets go whoever waits, and those who come later.
    package func open() throws {
        // A shell reads a FIFO byte by byte, so that each takes one line and no more.
        try FileTree.write(file, [UInt8](repeating: 10, count: 1000))
    }
}

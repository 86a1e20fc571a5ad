import Glibc

/// The descriptors 0 to 2 of this process.
package enum StandardStreams {
    /// Takes up those of the descriptors 0 to 2 that this process was started without, so that no other file gets
    /// the number of one. To use them fails as before (EBADF).
    package static func reserve() {
        for number in 0...2 as ClosedRange<CInt> where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one. If that fails, so will everything that the program opens.
            _ = Glibc.open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Lets standard input, output and error be /dev/null.
    package static func detach() {
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        for number in 0...2 as ClosedRange<CInt> { dup2(null, number) }
        if null > 2 { close(null) }
    }

    /// Lets standard output be /dev/null.
    package static func detachOutput() {
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, 1)
        close(null)
    }

    package static func isTerminal(_ number: CInt) -> Bool { isatty(number) == 1 }

    /// The columns of a terminal; nil if it doesn't say.
    package static func terminalWidth(_ number: CInt) -> Int? {
        var size = winsize()
        guard ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

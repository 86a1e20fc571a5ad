import CSpoolSystem
import Glibc

/// signalfd(2): signals as events. They stay blocked for the process from then on; commands get them
/// unblocked again.
package final class Signals {
    private let descriptor: Descriptor

    package init(_ signals: [CInt]) throws(Errno) {
        descriptor = Descriptor(
            owning: try systemCall { spool_signalfd(signals, CInt(signals.count)) })
    }

    package var number: CInt { descriptor.number }

    /// The next signal that came, or nil.
    package func next() throws(Errno) -> CInt? {
        let number = try systemCall { spool_signalfd_read(descriptor.number) }
        return number == 0 ? nil : number
    }

    /// The name in use for a signal, such as `SIGTERM`.
    package static func name(of signal: CInt) -> String {
        guard let short = spool_signal_name(signal) else { return "signal \(signal)" }
        return "SIG" + String(cString: short)
    }
}

/// Signals by name.
package enum SignalNames {
    /// The number of a name such as `SIGTERM`; nil if there is none.
    package static func number(of name: String) -> CInt? {
        (1...64).first { Signals.name(of: $0) == name }
    }
}

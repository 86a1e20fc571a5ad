import CSpoolSystem
import Glibc

/// The first process of a pid namespace, as of a container (pid_namespaces(7)). Orphans become its children. Signals
/// that it has no handler for don't reach it. When it ends, all others are killed.
package enum FirstProcess {
    /// How long the others have to end by themselves, in nanoseconds, before they are killed.
    private static let patience: Int64 = 15_000_000_000

    /// Goes on in a child if this process is the first one. The child is a process as any other.
    ///
    /// The first process hands on the signals that it is sent, and takes the end of every orphan. It ends as the child
    /// does, after all the others have been told to end (SIGTERM).
    ///
    /// Returns in the child, in a process that isn't the first one, and if there can be no child.
    package static func goOnInChild() {
        guard getpid() == 1 else { return }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // Before there is a child, so that none of its signals is lost.
        sigprocmask(SIG_SETMASK, &all, &before)
        let child = spool_fork()
        guard child > 0 else {
            sigprocmask(SIG_SETMASK, &before, nil)
            return
        }
        ProcessControl.setTitle("spool-init")
        let code = serve(child, all)
        stopOthers(all)
        ProcessControl.exit(code)
    }

    /// - Returns: how the child has ended, as a shell says it.
    private static func serve(_ child: pid_t, _ signals: sigset_t) -> CInt {
        var signals = signals
        while true {
            var about = siginfo_t()
            let signal = sigwaitinfo(&signals, &about)
            if signal == SIGCHLD {
                if let code = takeEnds(watching: child) { return code }
            } else if signal > 0, about.si_code <= 0 {
                // The child has also got a signal that the kernel sends on behalf of a terminal.
                kill(child, signal)
            }
        }
    }

    /// Takes all children that have ended.
    ///
    /// - Returns: how the watched one has ended; nil: it hasn't.
    private static func takeEnds(watching child: pid_t) -> CInt? {
        var code: CInt?
        while case .ended(let end) = Children.reap(-1) {
            if end.pid == child { code = end.exitCode ?? 128 + (end.signal ?? 0) }
        }
        return code
    }

    /// Runners then record that their jobs were interrupted; nobody could see it if they didn't.
    private static func stopOthers(_ signals: sigset_t) {
        var signals = signals
        kill(-1, SIGTERM)
        kill(-1, SIGCONT)
        let end = Clock.monotonic() + patience
        while true {
            _ = takeEnds(watching: -1)
            if case .none = Children.reap(-1) { return }
            let left = end - Clock.monotonic()
            guard left > 0 else { return }
            var time = timespec(
                tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
            var about = siginfo_t()
            let signal = sigtimedwait(&signals, &about, &time)
            // A second request is meant.
            if signal == SIGTERM || signal == SIGINT { return }
        }
    }
}

import CSpoolSystem
import Glibc

/// The calls that a process makes on itself.
package enum ProcessControl {
    package enum Fork: Sendable {
        case child
        case parent(child: pid_t)
    }

    /// fork(2), for a process of one thread.
    package static func fork() throws(Errno) -> Fork {
        let pid = try systemCall { spool_fork() }
        return pid == 0 ? .child : .parent(child: pid)
    }

    /// Leaves the session and the terminal of the process that started this one.
    package static func leaveSession() {
        // EPERM: it leads a session already.
        _ = setsid()
    }

    /// Unblocks all signals, and holds no directory but the root.
    package static func becomeOrdinary() {
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        // The root can't be gone.
        _ = chdir("/")
    }

    /// From now on orphaned descendants become children of this process, so that none gets out of sight.
    package static func becomeSubreaper() throws(Errno) {
        try systemCall { spool_become_subreaper() }
    }

    /// From now on this process is killed when its parent ends. Call it right after the fork.
    ///
    /// - Returns: false if the parent has ended already.
    package static func dieWithParent(_ parent: pid_t) throws(Errno) -> Bool {
        try systemCall { spool_die_with_parent() }
        return getppid() == parent
    }

    /// Sets the title that ps(1) shows for this process.
    ///
    /// - Parameter name: of 15 bytes at most, if there is no room for the title; nil: the title's beginning.
    package static func setTitle(_ title: String, name: String? = nil) {
        spool_set_title(title, name ?? title)
    }

    /// Closes all descriptors above 2 but these. Objects that held the others must not be used or released any more.
    /// The call is therefore for a forked child that never goes back to where its parent was.
    package static func closeDescriptors(except kept: [CInt]) {
        let sorted = kept.sorted()
        // Descriptors that couldn't be closed do no harm beyond keeping files open.
        _ = sorted.withUnsafeBufferPointer {
            spool_close_all_but($0.baseAddress, CInt($0.count))
        }
    }

    /// From now on, a write beyond the limit on the size of files (RLIMIT_FSIZE) fails with EFBIG, in children too,
    /// rather than ending the process. Commands get the default back.
    package static func ignoreFileSizeSignal() { signal(SIGXFSZ, SIG_IGN) }

    /// From now on, children that have ended wait to be taken, and SIGCHLD tells of them. A parent that ignores that signal
    /// hands this on to the program that it starts.
    package static func takeChildrenItself() { signal(SIGCHLD, SIG_DFL) }

    package static func exit(_ code: CInt) -> Never {
        Glibc._exit(code)
    }

    package static let terminate = SIGTERM
    package static let kill = SIGKILL
    package static let goOn = SIGCONT
    package static let interrupt = SIGINT
    package static let hangUp = SIGHUP
    package static let child = SIGCHLD
    package static let look = SIGUSR1
    package static let brokenPipe = SIGPIPE

    /// A file in memory, without a name, that holds these bytes and is read from their beginning.
    package static func memoryFile(_ bytes: [UInt8]) throws(Errno) -> Descriptor {
        let file = Descriptor(owning: try systemCall { spool_memory_file("stdin") })
        try file.write(bytes)
        try systemCall { lseek(file.number, 0, SEEK_SET) }
        return file
    }

}

extension ProcessControl {
    package static var isRoot: Bool { geteuid() == 0 }
}

extension ProcessControl {
    /// Runs a program, found through PATH, and waits for it.
    ///
    /// - Parameter isQuiet: whether its output goes nowhere.
    /// - Returns: its exit code; nil if it couldn't be run or was killed.
    package static func run(_ words: [String], isQuiet: Bool = true) -> Int32? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if isQuiet {
            for number in 1...2 as ClosedRange<CInt> {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
            }
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        // The keys typed at the program are its own: Ctrl-C ends the program, or nothing, as with system(3). The
        // signals are ignored before the program is there, as it may be quick. It begins with the handlers that were
        // set before.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let typed = isQuiet ? [] : [SIGINT, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, before) in typed { _ = signal(number, before) } }
        var restored = sigset_t()
        sigemptyset(&restored)
        for (number, before) in typed where unsafeBitCast(before, to: Int.self) != 1 {
            sigaddset(&restored, number)
        }
        posix_spawnattr_setsigdefault(&attributes, &restored)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        guard posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ) == 0 else {
            return nil
        }
        var status: CInt = 0
        // If its end wasn't seen, the program counts as one that couldn't be run.
        guard (try? systemCall { waitpid(pid, &status, 0) }) == pid, status & 0x7f == 0 else {
            return nil
        }
        return (status >> 8) & 0xff
    }
}

extension ProcessControl {
    /// Gives the system back the memory that was freed, malloc_trim(3): reading a large file leaves much of that
    /// behind.
    package static func giveBackMemory() {
        spool_give_back_memory()
    }
}

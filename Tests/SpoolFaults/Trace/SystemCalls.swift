import CSpoolTrace
import Glibc

/// The system calls that the walks stop at, and how each may fail.
enum SystemCalls {
    /// Those that change what another process, or a successor, can see.
    static let changing: [CInt] = numbers(changingNames)

    /// Those that change files, for the recorder.
    static let ofFiles: [CInt] = numbers(fileNames)

    /// All for which an error is known.
    static let failing: [CInt] = numbers(Array(errors.keys))

    private static let fileNames = [
        "openat", "openat2", "open", "creat", "write", "pwrite64", "writev", "ftruncate",
        "truncate",
        "fallocate",
        "renameat2", "renameat", "rename", "linkat", "link", "unlinkat", "unlink", "rmdir",
        "mkdirat",
        "mkdir", "symlinkat", "symlink", "fsync", "fdatasync", "syncfs", "sync_file_range",
        "copy_file_range", "sendfile", "utimensat",
        "execve",
    ]

    private static let changingNames =
        fileNames + [
            "flock", "fchmod", "fchmodat", "clone", "clone3", "fork", "vfork", "kill",
            "tgkill", "pidfd_send_signal", "futex", "sendmsg", "recvmsg", "wait4",
        ]

    private static func numbers(_ names: [String]) -> [CInt] {
        names.map { name in
            let number = trace_call_number(name)
            // A call that is left out in silence would be one that nobody has ever failed at.
            precondition(number != TRACE_UNKNOWN, "the table of CSpoolTrace lacks \(name)")
            return number
        }.filter { $0 >= 0 }.sorted()
    }

    static func name(_ number: Int64) -> String { names[number] ?? "call \(number)" }

    private static let names: [Int64: String] = Dictionary(
        (changingNames + errors.keys + ["fstatfs"]).map { (Int64(trace_call_number($0)), $0) },
        uniquingKeysWith: { first, _ in first })

    /// What each call's manual page names and a spool can meet: a full or failing disk, quotas, a read-only
    /// or network file system, permissions, other people's hands, and the limits of the process and the
    /// machine.
    private static let errors: [String: [CInt]] = {
        let reading = [EACCES, EIO, ENOMEM, ESTALE, ENOENT]
        let creating = [EACCES, EIO, ENOSPC, EDQUOT, EROFS, ENOMEM, ESTALE, ENOENT]
        let descriptors = [EMFILE, ENFILE, ENOMEM]
        return [
            "openat": reading + [EMFILE, ENFILE, EINTR],
            "openat2": reading + [EMFILE, ENFILE, EINTR, ENOSYS],
            "read": [EIO, EINTR, ESTALE], "pread64": [EIO, EINTR, ESTALE],
            "write": [ENOSPC, EDQUOT, EIO, EINTR], "pwrite64": [ENOSPC, EDQUOT, EIO, EINTR],
            "writev": [ENOSPC, EDQUOT, EIO, EINTR], "ftruncate": [EIO, ENOSPC, EINTR],
            "renameat2": creating + [EINTR, EXDEV, EINVAL],
            "linkat": creating + [EEXIST, EXDEV], "unlinkat": [EACCES, EIO, EROFS, EBUSY, ENOENT],
            "mkdirat": creating + [EEXIST], "fsync": [EIO, ENOSPC, EDQUOT, EINTR],
            "fdatasync": [EIO, ENOSPC, EDQUOT, EINTR], "syncfs": [EIO, ENOSPC, EDQUOT],
            "sync_file_range": [EIO, ENOSPC, EDQUOT, EINTR],
            "flock": [EWOULDBLOCK, EINTR, ENOLCK], "fchmod": [EPERM, EROFS, EIO],
            "utimensat": [EACCES, EROFS, EIO], "fstat": [EIO, ENOMEM, ESTALE],
            "newfstatat": reading, "statx": reading, "getdents64": [EIO, ESTALE, ENOENT],
            "fcntl": [EAGAIN, EACCES, EMFILE, EINTR], "pipe2": descriptors,
            "socketpair": descriptors, "epoll_create1": descriptors,
            "epoll_ctl": [ENOMEM, ENOSPC], "epoll_wait": [EINTR], "epoll_pwait": [EINTR],
            "signalfd4": descriptors, "timerfd_create": descriptors, "inotify_init1": descriptors,
            "inotify_add_watch": [ENOSPC, ENOMEM, EACCES, ENOENT], "memfd_create": descriptors,
            "clone": [EAGAIN, ENOMEM], "clone3": [EAGAIN, ENOMEM], "fork": [EAGAIN, ENOMEM],
            "execve": [EACCES, EIO, ENOENT, ENOMEM, ETXTBSY], "wait4": [EINTR],
            "kill": [ESRCH, EPERM], "pidfd_open": [ESRCH, EMFILE, ENOMEM],
            "pidfd_send_signal": [ESRCH, EPERM], "futex": [EINVAL], "prctl": [EPERM],
            "sendmsg": [EPIPE, EAGAIN, EINTR, ENOMEM, ENOBUFS, ETOOMANYREFS],
            "recvmsg": [ECONNRESET, EINTR, ENOMEM], "poll": [EINTR, ENOMEM],
            "chdir": [EACCES, ENOENT], "dup2": [EBUSY, EINTR], "dup3": [EBUSY, EINTR],
            "getcwd": [EACCES, ENOENT], "readlink": [EACCES, EIO], "readlinkat": [EACCES, EIO],
        ]
    }()

    /// The errors of one call: those of its kind, and those that only its arguments allow.
    static func errors(of event: trace_event) -> [CInt] {
        let all = errors[name(event.number)] ?? []
        let flags = openFlags(of: event)
        if flags & UInt64(O_CREAT) != 0 {
            let exclusive = flags & UInt64(O_EXCL) != 0 ? [EEXIST] : []
            return all + [ENOSPC, EDQUOT, EROFS] + exclusive
        }
        // RENAME_NOREPLACE is the only rename that a file in the way stops.
        if name(event.number) == "renameat2", event.arguments.4 == 1 { return all + [EEXIST] }
        return all
    }

    /// What an opening call is asked for; 0 for any other one.
    static func openFlags(of event: trace_event) -> UInt64 {
        switch name(event.number) {
        case "openat": return event.arguments.2
        case "openat2":
            // The first field of its struct open_how.
            var flags: UInt64 = 0
            let size = MemoryLayout.size(ofValue: flags)
            return trace_read(event.pid, event.arguments.2, &flags, size) == size ? flags : 0
        default: return 0
        }
    }

    /// Whether the call is a futex's that only waits: how often it is made depends on who is quicker.
    static func isWait(_ event: trace_event) -> Bool {
        let wake: UInt64 = 1
        return name(event.number) == "futex" && event.arguments.1 & 0x7f != wake
    }

    /// Whether the call may move fewer bytes than it was asked for.
    static func canBeShort(_ event: trace_event) -> Bool {
        ["read", "pread64", "write", "pwrite64"].contains(name(event.number))
            && event.arguments.2 > 1
    }
}

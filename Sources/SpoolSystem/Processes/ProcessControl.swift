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

    /// An argument of this process that isn't text.
    package struct NonUTF8Argument: Error, Sendable {
        /// Counted from 1, which is the first after the program's name.
        package let number: Int
        package let text: NonUTF8Text
    }

    /// The arguments that this process was started with, without its name. `CommandLine.arguments` puts other
    /// characters in the place of bytes that aren't UTF-8, and is slower.
    package static func arguments() throws(NonUTF8Argument) -> [String] {
        var count: CInt = 0
        let list = spool_arguments(&count)
        var arguments: [String] = []
        arguments.reserveCapacity(Int(count))
        for index in stride(from: 1, to: Int(count), by: 1) {
            guard let argument = list?[index] else { break }
            guard let text = String(validatingCString: argument) else {
                throw NonUTF8Argument(number: index, text: NonUTF8Text(bytes(of: argument)))
            }
            arguments.append(text)
        }
        return arguments
    }

    private static func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
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

    /// Takes up those of the descriptors 0 to 2 that this process was started without, so that no other file gets
    /// the number of one. To use them fails as before (EBADF).
    package static func reserveStandardStreams() {
        for number in 0...2 as ClosedRange<CInt> where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one. If that fails, so will everything that the program opens.
            _ = Glibc.open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Lets standard input, output and error be /dev/null.
    package static func detachStandardStreams() {
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        for number in 0...2 as ClosedRange<CInt> { dup2(null, number) }
        if null > 2 { close(null) }
    }

    /// Signals a process group that is known to be ours: its leader is our child and not yet waited for.
    ///
    /// - Returns: false if it has no members left.
    /// - Throws: EPERM if none of them may be signalled: they run as another user.
    @discardableResult
    package static func signalGroup(_ leader: pid_t, _ signal: CInt) throws(Errno) -> Bool {
        try systemCall(unless: .noProcess) { Glibc.kill(-leader, signal) } != nil
    }

    /// Whether a process group is there of which no member may be signalled.
    package static func groupResists(_ leader: pid_t) -> Bool {
        do throws(Errno) {
            try signalGroup(leader, 0)
            return false
        } catch {
            return error == .notPermitted
        }
    }

    /// From now on, a write beyond the limit on the size of files (RLIMIT_FSIZE) fails with EFBIG, in children too,
    /// rather than ending the process. Commands get the default back.
    package static func ignoreFileSizeSignal() { signal(SIGXFSZ, SIG_IGN) }

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

    /// Opens a path for reading, following links, relative to the working directory.
    package static func openForReading(_ path: String) throws(Errno) -> Descriptor {
        Descriptor(owning: try systemCall { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
    }

    /// As `openForReading`, but never waits, and never takes a terminal as this session's own.
    ///
    /// - Returns: nil for a FIFO: reading it would mean to wait for its writer.
    package static func openInput(_ path: String) throws(Errno) -> Descriptor? {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let file = Descriptor(owning: try systemCall { Glibc.open(path, flags) })
        var raw = stat()
        try systemCall { fstat(file.number, &raw) }
        if spool_is_fifo(raw.st_mode) { return nil }
        // A reader of it expects to wait for it, as for a terminal.
        let set = try systemCall { fcntl(file.number, F_GETFL) }
        try systemCall { fcntl(file.number, F_SETFL, set & ~O_NONBLOCK) }
        return file
    }

    /// The file that this process was started from.
    ///
    /// - Throws: also `.invalidSequence` if its path isn't UTF-8.
    package static func executablePath() throws(Errno) -> String {
        let target = try linkTarget("/proc/self/exe")
        guard let path = String(validating: target, as: UTF8.self) else { throw .invalidSequence }
        return path
    }

    /// readlink(2).
    package static func linkTarget(_ path: String) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try systemCall { readlink(path, &buffer, buffer.count) }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    /// One variable of this process's environment (getenv(3)), which may hold any bytes.
    package static func variable(_ name: String) -> [UInt8]? {
        getenv(name).map { bytes(of: $0) }
    }

    /// A variable that isn't text.
    package struct NonUTF8Variable: Error, Sendable {
        /// nil: its name isn't either.
        package let name: String?
        /// The value or, if the name isn't text, `NAME=value`.
        package let text: NonUTF8Text
    }

    /// The environment of this process, as far as it is text.
    ///
    /// - Parameters:
    ///   - isWanted: which names.
    ///   - foreign: given each wanted variable, and each whose name isn't text, that isn't. It is left out.
    package static func environment<Failure: Error>(
        where isWanted: (String) -> Bool,
        foreign: (NonUTF8Variable) throws(Failure) -> Void
    ) throws(Failure) -> [String: String] {
        var count = 0
        while environ[count] != nil { count += 1 }
        var variables = [String: String](minimumCapacity: count)
        for index in 0..<count {
            guard let entry = environ[index], let split = strchr(entry, CInt(UInt8(ascii: "=")))
            else { continue }
            let bytes = UnsafeRawBufferPointer(start: entry, count: split - entry)
            guard let name = String(validating: bytes, as: UTF8.self) else {
                try foreign(
                    NonUTF8Variable(name: nil, text: NonUTF8Text(self.bytes(of: entry))))
                continue
            }
            guard isWanted(name) else { continue }
            guard let value = String(validatingCString: split + 1) else {
                try foreign(
                    NonUTF8Variable(name: name, text: NonUTF8Text(self.bytes(of: split + 1))))
                continue
            }
            variables[name] = value
        }
        return variables
    }
}

extension Descriptor {
    /// Cuts a file to a length in bytes.
    package func truncate(to size: Int64) throws(Errno) {
        try systemCall { ftruncate(number, off_t(size)) }
    }
}

extension ProcessControl {
    package static func isTerminal(_ number: CInt) -> Bool { isatty(number) == 1 }

    /// The columns of a terminal; nil if it doesn't say.
    package static func terminalWidth(_ number: CInt) -> Int? {
        var size = winsize()
        guard ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// getcwd(3).
    ///
    /// - Throws: ENOENT, for one, if it was removed.
    package static func workingDirectory() throws(Errno) -> [UInt8] {
        guard let path = getcwd(nil, 0) else { throw Errno.last }
        defer { free(path) }
        return bytes(of: path)
    }

    /// The working directory as the kernel names it, for messages if getcwd(3) fails. The kernel adds " (deleted)" to
    /// the path of a directory that was removed.
    ///
    /// - Throws: if there is no /proc, for one.
    package static func lastWorkingDirectory() throws(Errno) -> String {
        NonUTF8Text.shown(try linkTarget("/proc/self/cwd"))
    }

    /// The mask of new files' modes that this process was started with (umask(2)). From the first look on, its owner's
    /// bits are none: a file that its owner may not use is of no use.
    package static let fileMask: UInt32 = {
        let mask = umask(0o077)
        umask(mask & 0o077)
        return mask
    }()

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
    /// Whether something has this path and may be seen.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}

extension ProcessControl {
    /// Makes a file that only its owner can read, at a path where nothing is yet (EEXIST).
    package static func writeNewFile(_ path: String, _ bytes: [UInt8]) throws(Errno) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = Descriptor(owning: try systemCall { Glibc.open(path, flags, 0o600) })
        try file.write(bytes)
    }

    /// Opens a plain file of this user for reading.
    ///
    /// - Throws: EPERM for another's, and for anything that isn't a plain file.
    package static func openOwn(_ path: String) throws(Errno) -> Descriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file = Descriptor(owning: try systemCall { Glibc.open(path, flags) })
        let status = try file.status()
        guard status.kind == .regular, status.owner == geteuid() else { throw .notPermitted }
        return file
    }

    package static func remove(_ path: String) {
        _ = unlink(path)
    }
}

extension ProcessControl {
    /// Lets standard output be /dev/null.
    package static func detachOutput() {
        let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return }
        dup2(null, 1)
        close(null)
    }

    /// Gives the system back the memory that was freed, malloc_trim(3): reading a large file leaves much of that
    /// behind.
    package static func giveBackMemory() {
        spool_give_back_memory()
    }
}

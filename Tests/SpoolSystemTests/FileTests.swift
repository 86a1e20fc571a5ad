import CSpoolSystem
import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

/// Descriptors, directories, watches and timers.
struct FileTests {
    @Test func whatIsWrittenIsRead() throws {
        let temporary = try TemporarySpool()
        let directory = try Directory(path: temporary.home)
        var random = SeededGenerator(seed: 8)
        let bytes = random.bytes(100_000)
        let file = try directory.open("x", [.readWrite, .create, .exclusive])
        try file.write(bytes)
        try file.sync()
        #expect(try file.readAll(limit: 100_000) == bytes)
        #expect(try file.readAll(limit: 99_999) == nil)
        #expect(try file.readAll(limit: 10, from: 99_995) == Array(bytes.suffix(5)))
        #expect(try file.readPiece(of: 10, at: 99_997) == Array(bytes.suffix(3)))
        #expect(try file.readPiece(of: 10, at: 200_000).isEmpty)
        try file.truncate(to: 7)
        #expect(try file.status().size == 7)
        #expect(throws: Errno.exists) {
            _ = try directory.open("x", [.readWrite, .create, .exclusive]).number
        }
    }

    @Test func renamesKeepTheirRules() throws {
        let temporary = try TemporarySpool()
        let directory = try Directory(path: temporary.home)
        for name in ["a", "b"] { try FileTree.write(temporary.home + "/" + name, Array(name.utf8)) }
        #expect(throws: Errno.exists) { try directory.rename("a", to: "b", .fresh) }
        try directory.rename("a", to: "b", .exchange)
        #expect(try FileTree.read(temporary.home + "/a") == Array("b".utf8))
        #expect(throws: Errno.noEntry) { try directory.rename("a", to: "c", .exchange) }
        try directory.rename("a", to: "b", .replace)
        #expect(try directory.names(in: ".") == ["b"])
        #expect(try directory.status(of: "a") == nil)
        #expect(try !directory.removeIfPresent("a"))
        #expect(try directory.removeIfPresent("b"))
        #expect(try directory.openIfPresent("b")?.number == nil)
        #expect(try directory.names(in: "nowhere").isEmpty)
    }

    /// Anybody can give a file such a time. File systems keep what they can of it.
    @Test(arguments: [10_413_792_000, 1 << 33, -10_000_000_000, Int(Int32.min)])
    func timesOutOfReachAreHeldBack(seconds: Int) throws {
        let temporary = try TemporarySpool()
        try FileTree.write(temporary.home + "/f", [1])
        var times = [
            timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 999_999_999),
        ]
        try FileTree.check(utimensat(AT_FDCWD, temporary.home + "/f", &times, 0), "utimensat")
        let directory = try Directory(path: temporary.home)
        let modified = try #require(try directory.status(of: "f")).modified
        // 140 years of 366 days.
        let limit: Int64 = 4_427_136_000 * 1_000_000_000
        #expect(abs(modified) <= limit)
        #expect(modified != 0 && (modified > 0) == (seconds > 0))
        if seconds > 10_000_000_000 { #expect(modified == limit) }
    }

    @Test func kindsAreTold() throws {
        let temporary = try TemporarySpool()
        let directory = try Directory(path: temporary.home)
        try directory.makeDirectory("d")
        try directory.makeDirectory("d")
        try FileTree.write(temporary.home + "/f", [1])
        symlink("f", temporary.home + "/l")
        mkfifo(temporary.home + "/p", 0o600)
        let kinds: [String: FileStatus.Kind] = [
            "d": .directory, "f": .regular, "l": .symlink, "p": .other,
        ]
        for (name, kind) in kinds { #expect(try directory.status(of: name)?.kind == kind) }
        var listed: [String: FileStatus.Kind] = [:]
        try directory.forEachEntry(in: ".") { listed[$0.name] = $0.kind ?? kinds[$0.name] }
        #expect(listed == kinds)
        #expect(throws: Errno.loop) { _ = try directory.open("l").number }
        #expect(throws: Errno.notDirectory) { _ = try directory.subdirectory("l") }
        try directory.removeDirectory("d")
    }

    @Test func aLargeDirectoryIsListedWhole() throws {
        let temporary = try TemporarySpool()
        for number in 0..<5000 { try FileTree.write(temporary.home + "/file-\(number)", []) }
        let names = try Directory(path: temporary.home).names(in: ".")
        #expect(Set(names).count == 5000 && names.count == 5000)
    }

    @Test func locksAndLeases() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let directory = try Directory(path: temporary.home)
            let first = try directory.open("x", [.readWrite, .create])
            #expect(first.askLease() == .beingWritten)
            #expect(try first.tryLock())
            let second = try directory.open("x")
            #expect(try !second.tryLock())
            #expect(try !second.tryLockShared())
            try first.unlock()
            #expect(try second.tryLockShared())
            let third = try directory.open("x")
            #expect(try third.tryLockShared())
            #expect(try !third.tryLock())
            _ = consume first
            #expect(second.askLease() == .quiet)
        }
    }

    /// The kernel tells who has a lease with a signal, which must not end him.
    @Test func aLeaseThatIsBrokenDoesNoHarm() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            try FileTree.write(temporary.home + "/x", [1])
            let file = try Directory(path: temporary.home).open("x")
            #expect(spool_take_read_lease(file.number) == 0)
            let writer = open(temporary.home + "/x", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            #expect(writer < 0 && errno == EWOULDBLOCK, "it has broken the lease")
            #expect(spool_drop_lease(file.number) == 0)
        }
    }

    @Test func aWatchTellsWhatHappens() throws {
        let temporary = try TemporarySpool()
        let watch = try DirectoryWatch()
        let number = try watch.watch(temporary.home, [.appearing, .writing, .vanishing])
        #expect(try watch.read().isEmpty)
        try FileTree.write(temporary.home + "/a", [1])
        rename(temporary.home + "/a", temporary.home + "/b")
        unlink(temporary.home + "/b")
        let changes = try watch.read()
        #expect(changes.allSatisfy { $0.watch == number && !$0.isDirectory })
        #expect(changes.map(\.name) == ["a", "a", "a", "b", "b"])
        #expect(changes.map(\.kind) == [.appeared, .written, .movedAway, .appeared, .vanished])
        #expect(throws: Errno.noEntry) { _ = try watch.watch("/no/such", .moving) }
    }

    @Test func aWatchTellsOfMoreThanFitsIntoOneRead() throws {
        let temporary = try TemporarySpool()
        let watch = try DirectoryWatch()
        _ = try watch.watch(temporary.home, .appearing)
        // 272 bytes for each: four times the buffer.
        let names = (0..<1000).map { "\($0)-" + String(repeating: "x", count: 240) }
        for name in names { try FileTree.write(temporary.home + "/" + name, []) }
        #expect(try watch.read().map(\.name) == names)
        #expect(try watch.read().isEmpty)
    }

    private enum Source: UInt64 {
        case timer = 1
        case input = 42
    }

    @Test func theLoopTellsWhoIsReady() throws {
        let loop = try EventLoop<Source>()
        let ends = try BareDescriptor.pipe()
        let reading = Descriptor(owning: ends.read)
        let writing = Descriptor(owning: ends.write)
        try loop.watch(reading.number, as: .input)
        #expect(try loop.wait(timeout: 0).isEmpty)
        try writing.write("x")
        #expect(try loop.wait(timeout: 60_000) == [.input])
        #expect(try reading.readStream(limit: 0) == nil)
        _ = consume writing
        #expect(try loop.wait(timeout: 60_000) == [.input], "the end is an event too")
        try loop.stopWatching(reading.number)
        #expect(try loop.wait(timeout: 0).isEmpty)
    }

    @Test(arguments: [Timer.Clock.realtime, .monotonic])
    func aTimerRingsOnce(clock: Timer.Clock) throws {
        let timer = try Timer(clock)
        let loop = try EventLoop<Source>()
        try loop.watch(timer.number, as: .timer)
        let now = clock == .realtime ? Clock.realtime() : Clock.monotonic()
        try timer.set(now + 3_600_000_000_000)
        #expect(try loop.wait(timeout: 0).isEmpty)
        try timer.set(1)
        #expect(try loop.wait(timeout: 60_000).count == 1, "a time that has passed rings at once")
        timer.acknowledge()
        #expect(try loop.wait(timeout: 0).isEmpty)
        try timer.set(now + 1_000_000)
        #expect(try loop.wait(timeout: 60_000).count == 1)
        try timer.set(nil)
        timer.acknowledge()
        #expect(try loop.wait(timeout: 0).isEmpty)
    }

    @Test func errorsHaveNames() {
        #expect(Errno.noSpace.name == "ENOSPC")
        #expect(Errno.noSpace.isShortage && !Errno.noEntry.isShortage)
        #expect(Errno.noEntry.description == "No such file or directory")
        #expect(Errno(99_999).name == "errno 99999")
    }
}

/// No path leads out of a directory, whether the kernel sees to that or each name is opened by itself.
struct BeneathTests {
    @Test(arguments: [spool_open_beneath, spool_open_by_names])
    func noLinkIsFollowed(
        _ open: @Sendable (CInt, UnsafePointer<CChar>?, CInt, mode_t) -> CInt
    ) throws {
        let temporary = try TemporarySpool()
        let directory = try Directory(path: temporary.home)
        for name in ["a", "a/b", "elsewhere", "elsewhere/b"] { try directory.makeDirectory(name) }
        for name in ["a/b/f", "elsewhere/b/f", "elsewhere/f"] {
            try FileTree.write(temporary.home + "/" + name, [1])
        }
        symlink("elsewhere", temporary.home + "/l")
        symlink("../../elsewhere", temporary.home + "/a/b/l")
        symlink("f", temporary.home + "/a/b/g")
        mkfifo(temporary.home + "/a/p", 0o600)
        func error(_ name: String, _ flags: CInt = O_RDONLY) -> CInt {
            let number = open(directory.number, name, flags | O_NONBLOCK, 0o600)
            if number < 0 { return errno }
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
            close(number)
            return 0
        }
        #expect(error("a/b/f") == 0 && error("a//b/f") == 0 && error(".") == 0)
        #expect(error("a/b", O_RDONLY | O_DIRECTORY) == 0)
        #expect(error("a/p") == 0)
        #expect(error("l/f") == ELOOP && error("l/b/f") == ELOOP && error("a/b/l/f") == ELOOP)
        #expect(error("a/b/g") == ELOOP)
        #expect(error("l", O_RDONLY | O_DIRECTORY) == ENOTDIR)
        #expect(error("l/new", O_RDWR | O_CREAT | O_EXCL) == ELOOP)
        #expect(error("../home/a/b/f") == EXDEV && error(temporary.home + "/a/b/f") == EXDEV)
        #expect(error("a/b/f/x") == ENOTDIR && error("nowhere/x") == ENOENT)
        #expect(error("a/" + String(repeating: "n", count: 256) + "/x") == ENAMETOOLONG)
        #expect(error("a/b/new", O_RDWR | O_CREAT | O_EXCL) == 0)
        #expect(error("a/b/new", O_RDWR | O_CREAT | O_EXCL) == EEXIST)
        #expect(try directory.status(of: "a/b/new")?.mode == 0o600)
        #expect(try FileTree.names(temporary.home + "/elsewhere") == ["b", "f"])
    }
}

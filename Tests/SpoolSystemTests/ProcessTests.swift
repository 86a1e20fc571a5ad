import Glibc
import SpoolTestSupport
import Testing

@testable import SpoolSystem

/// Keeps a command that another thread has made.
private final class HeldBox {
    var make: (() throws -> SuspendedProcess)?
    private(set) var pid: pid_t?
    private var held: SuspendedProcess?

    /// Returns once the command waits for its word: in no other call before its exec does it sleep.
    func fill() {
        held = try? make?()
        pid = held?.pid
        let deadline = Clock.monotonic() + 60_000_000_000
        while let pid, let stat = ProcessTable.contents(of: "/proc/\(pid)/stat"),
            !String(decoding: stat, as: UTF8.self).contains(") S "), Clock.monotonic() < deadline
        {
            Sleep.briefly()
        }
    }
}

/// Processes: which one it is, and commands that wait for a word.
struct ProcessTests {
    @Test func aProcessFindsItself() throws {
        let own = ProcessIdentity.own()
        #expect(own.pid == getpid() && own.startTime > 0)
        #expect(own.isAlive && own.isActive)
        #expect(try #require(ProcessTable.stat(of: own.pid)).isExiting == false)
        #expect(ProcessIdentity(current: getpid()) == own)
        #expect(try own.signal(0))
    }

    @Test func anotherStartTimeIsAnotherProcess() throws {
        let own = ProcessIdentity.own()
        let other = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1)
        #expect(!other.isAlive && !other.isActive)
        // Had it been sent, this test would end here.
        #expect(try !other.signal(SIGKILL))
    }

    @Test func theDeadAreNotAlive() throws {
        let home = try TemporarySpool()
        let run = try ProgramRun(["cat", "/dev/null"], environment: [:], directory: home.home)
        let handle = try ProcessIdentity.openHandle(run.pid)
        defer { close(handle) }
        let identity = try #require(ProcessIdentity(current: run.pid))
        var ready = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 60_000) == 1)
        #expect(!identity.isAlive && !identity.isActive, "not even before it is waited for")
        #expect(try #require(ProcessTable.stat(of: run.pid)).isExiting)
        try run.wait()
        #expect(!identity.isAlive && !identity.isActive)
        #expect(try !identity.signal(SIGTERM))
        #expect(ProcessIdentity(current: run.pid) != identity)
    }

    @Test func theTableTellsTheEnvironment() throws {
        let home = try TemporarySpool()
        let run = try ProgramRun(
            ["sh", "-c", "kill -STOP $$"], environment: ["MARK": "a b"], directory: home.home)
        try home.wait("the shell stops itself") {
            try ProcessTable.environment(of: run.pid, contains: "MARK=a b") == true
        }
        #expect(try ProcessTable.environment(of: run.pid, contains: "MARK=a") == false)
        #expect(try ProcessTable.all().contains { $0.pid == run.pid })
        run.signal(SIGKILL)
        #expect(try run.wait().status == 137)
        #expect(try ProcessTable.environment(of: -1, contains: "") == nil)
    }

    /// The first thread of a process may end before the others.
    @Test func aZombieHasNoThreadLeft() throws {
        func stat(_ state: String, threads: Int) -> ProcessTable.Stat? {
            let text =
                "7 (a) b) \(state) 1 5 6 0 -1 4 0 0 0 0 0 0 0 0 20 0 \(threads) 0 777 0 0\n"
            return ProcessTable.Stat(7, Array(text.utf8))
        }
        let dead = try #require(stat("Z", threads: 1))
        #expect(dead.isZombie && dead.isExiting)
        #expect(dead.group == 5 && dead.session == 6 && dead.startTime == 777)
        #expect(stat("Z", threads: 2)?.isZombie == false)
        #expect(stat("X", threads: 0)?.isZombie == true)
        #expect(stat("S", threads: 1)?.isZombie == false)
    }

    // MARK: Held commands

    /// Waits for a child of this process.
    private func wait(for pid: pid_t) throws -> ProcessEnd {
        let handle = try ProcessIdentity.openHandle(pid)
        defer { close(handle) }
        var ready = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 60_000) == 1)
        guard case .ended(let end) = Children.reap(pid) else {
            throw FileTree.Failure(description: "\(pid) has not ended")
        }
        return end
    }

    private func setup(_ words: [String], in home: TemporarySpool) -> CommandSetup {
        var setup = CommandSetup(arguments: words, environment: ["PATH=/usr/bin:/bin", "A=b c"])
        setup.directory = home.home
        return setup
    }

    private func start(_ setup: CommandSetup) throws -> SuspendedProcess {
        let null = try FilePath("/dev/null").openForReading()
        return try SuspendedProcess(setup, input: null, output: null, error: null)
    }

    @Test func aReleasedCommandRuns() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            var wanted = setup(
                ["sh", "-c", "pwd > proof; echo $A >> proof; umask >> proof; exit 5"], in: home)
            wanted.mask = 0o027
            let held = try start(wanted)
            let pid = held.pid
            #expect(try home.lines("proof").isEmpty)
            let group = try #require(ProcessTable.stat(of: pid))
            let command = held.release()
            let end = try wait(for: pid)
            let failure = command.startFailure()
            #expect(end.exitCode == 5 && end.signal == nil && failure == nil)
            #expect(try home.lines("proof") == [home.home, "b c", "0027"])
            #expect(group.pid == pid)
        }
    }

    @Test func aGroupIsThereUntilNothingOfItLives() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            let held = try start(setup(["sh", "-c", "sleep 600 & exit 5"], in: home))
            let group = ProcessGroup(held.pid)
            _ = held.release()
            #expect(try wait(for: group.number).exitCode == 5)
            guard case .some(let members) = group.livingMembers else {
                throw FileTree.Failure(description: "nothing is left")
            }
            #expect(members.map(\.session) == [group.number])
            #expect(!group.resists)
            #expect(try group.signal(SIGKILL))
            try home.wait("nothing of it lives") {
                if case .none = group.livingMembers { true } else { false }
            }
        }
    }

    /// A leader that is there is another process, once that of the group has been taken.
    @Test func aNumberThatWasGivenAnewIsNoGroup() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            let held = try start(setup(["sleep", "600"], in: home))
            let group = ProcessGroup(held.pid)
            _ = held.release()
            try home.wait("it leads a group") {
                ProcessTable.stat(of: group.number)?.group == group.number
            }
            guard case .none = group.livingMembers else {
                throw FileTree.Failure(description: "another process is taken for the group")
            }
            #expect(try group.signal(SIGKILL))
            #expect(try wait(for: group.number).signal == SIGKILL)
        }
    }

    @Test func aDroppedCommandNeverRuns() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            let pid = try drop(setup(["sh", "-c", "echo ran > proof"], in: home))
            #expect(try wait(for: pid).exitCode == 127)
            #expect(try home.lines("proof").isEmpty)
        }
    }

    private func drop(_ setup: CommandSetup) throws -> pid_t {
        let held = try start(setup)
        return held.pid
    }

    /// As execvp(3) has it: the command's own PATH, an empty directory for the working one, what can't be
    /// executed passed over, and the shell for a script that names none.
    @Test(arguments: ["PATH=/no/such:HOME/bin", "PATH=HOME/closed:HOME/bin:/bin", "PATH="])
    func aProgramIsLookedForInItsPath(_ path: String) throws {
        let home = try TemporarySpool()
        for name in ["bin", "closed"] {
            try FileTree.check(mkdir("\(home.home)/\(name)", 0o755), "mkdir")
        }
        let place = path == "PATH=" ? home.home : home.home + "/bin"
        try FileTree.write(
            place + "/some-tool", Array("echo $1 $A > proof".utf8), mode: 0o755)
        try FileTree.write(home.home + "/closed/some-tool", [], mode: 0o644)
        try SpawnGate.alone {
            var wanted = setup(["some-tool", "x y"], in: home)
            wanted.environment = [
                path.replacing("HOME", with: home.home), "A=b",
            ]
            let held = try start(wanted)
            let pid = held.pid
            _ = held.release()
            #expect(try wait(for: pid).exitCode == 0)
            #expect(try home.lines("proof") == ["x y b"])
        }
    }

    @Test func whatWasClosedToItIsSaid() throws {
        let home = try TemporarySpool()
        try FileTree.write(home.home + "/some-tool", [], mode: 0o644)
        try SpawnGate.alone {
            var wanted = setup(["some-tool"], in: home)
            wanted.environment = ["PATH=\(home.home):/no/such"]
            let held = try start(wanted)
            let pid = held.pid
            let command = held.release()
            #expect(try wait(for: pid).exitCode == 127)
            let failure = command.startFailure()
            #expect(failure?.step == .execute && failure?.errno == .accessDenied)
        }
    }

    /// The memory that a command shares with its parent until its exec may change and go meanwhile.
    @Test func manyAreHeldAtATime() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            let text = String(repeating: "x", count: 100_000)
            let first = try start(
                setup(["sh", "-c", "echo ${#1} a >> proof", "sh", text], in: home))
            let second = try start(
                setup(["sh", "-c", "echo ${#1} b >> proof", "sh", text], in: home))
            let dropped = try drop(setup(["sh", "-c", "echo c >> proof"], in: home))
            let pids = [second.pid, first.pid]
            let secondReleased = second.release()
            #expect(try wait(for: pids[0]).exitCode == 0)
            let secondFailure = secondReleased.startFailure()
            #expect(try wait(for: dropped).exitCode == 127)
            // In the block that the second one had.
            let third = try start(setup(["sh", "-c", "echo d >> proof"], in: home))
            let thirdID = third.pid
            _ = third.release()
            #expect(try wait(for: thirdID).exitCode == 0)
            _ = first.release()
            #expect(try wait(for: pids[1]).exitCode == 0)
            #expect(try home.lines("proof") == ["100000 b", "d", "100000 a"])
            #expect(secondFailure == nil)
        }
    }

    /// The parent is the thread that made it.
    @Test func aHeldCommandEndsWithItsParent() throws {
        let home = try TemporarySpool()
        try SpawnGate.alone {
            let wanted = setup(["sh", "-c", "echo ran > proof"], in: home)
            let box = HeldBox()
            var thread = pthread_t()
            let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
                raw in
                if let raw { Unmanaged<HeldBox>.fromOpaque(raw).takeUnretainedValue().fill() }
                return nil
            }
            box.make = { try start(wanted) }
            try FileTree.check(
                pthread_create(&thread, nil, body, Unmanaged.passUnretained(box).toOpaque()),
                "pthread_create")
            pthread_join(thread, nil)
            let pid = try #require(box.pid)
            #expect(try wait(for: pid).signal == SIGKILL)
            #expect(try home.lines("proof").isEmpty)
        }
    }

    /// The start time that is counted is the one that /proc shows.
    @Test func theStartTimeOfAChildIsKnown() throws {
        let home = try TemporarySpool()
        for _ in 0..<20 {
            try SpawnGate.alone {
                let held = try start(setup(["true"], in: home))
                let pid = held.pid
                let identity = held.identity
                #expect(identity != nil && identity == ProcessIdentity(current: pid))
                _ = consume held
                #expect(try wait(for: pid).exitCode == 127)
            }
        }
        #expect(ProcessIdentity.startTime(after: 20_011_000, before: 29_989_000) == 2)
        #expect(ProcessIdentity.startTime(after: 20_009_000, before: 29_000_000) == nil)
        #expect(ProcessIdentity.startTime(after: 21_000_000, before: 29_991_000) == nil)
        #expect(ProcessIdentity.startTime(after: 29_000_000, before: 31_000_000) == nil)
        #expect(ProcessIdentity.startTime(after: 29_000_000, before: 21_000_000) == nil)
        #expect(ProcessIdentity.startTime(after: -1, before: 5_000_000) == nil)
    }

    @Test func failuresTellStepAndError() throws {
        let home = try TemporarySpool()
        var nowhere = setup(["true"], in: home)
        nowhere.directory = "/no/such/place"
        var limited = setup(["true"], in: home)
        limited.limits[.openFiles] = 1 << 40
        let cases: [(CommandSetup, StartFailure.Step, Errno)] = [
            (setup(["/no/such/program"], in: home), .execute, .noEntry),
            (setup(["no-such-program"], in: home), .execute, .noEntry),
            (setup(["/etc/passwd"], in: home), .execute, .accessDenied),
            (nowhere, .directory, .noEntry), (limited, .limit, .notPermitted),
        ]
        for (wanted, step, errno) in cases {
            try SpawnGate.alone {
                let held = try start(wanted)
                let pid = held.pid
                let command = held.release()
                #expect(try wait(for: pid).exitCode == 127)
                let failure = command.startFailure()
                #expect(failure?.step == step && failure?.errno == errno)
            }
        }
    }

    @Test func whatCannotBeReadOnceIsReadAgain() throws {
        let directory = try FileTree.makeTemporaryDirectory()
        defer { FileTree.remove(directory) }
        let path = directory + "/line"
        let line = FixedLine(of: path)
        #expect(try line.get() == "", "it isn't there")
        try FileTree.check(mkdir(path, 0o700), "mkdir")
        #expect(throws: Errno.isDirectory) { try line.get() }
        try FileTree.check(rmdir(path), "rmdir")
        try FileTree.write(path, Array("first\nsecond\n".utf8))
        #expect(try line.get() == "first")
        try FileTree.write(path, Array("other\n".utf8))
        #expect(try line.get() == "first", "it is kept")
        #expect(try !Host.machineID().isEmpty)
    }

    @Test func signalsHaveNames() {
        #expect(Signals.name(of: SIGTERM) == "SIGTERM")
        #expect(SignalNames.number(of: "SIGKILL") == 9)
        #expect(SignalNames.number(of: "SIGNOTHING") == nil)
        #expect(!Host.bootID.isEmpty && !Host.name.isEmpty)
    }
}

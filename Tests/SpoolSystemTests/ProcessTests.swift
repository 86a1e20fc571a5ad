import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

/// Processes: which one it is, and commands that wait for a word.
struct ProcessTests {
    @Test func aProcessFindsItself() throws {
        let own = ProcessIdentity.own()
        #expect(own.pid == getpid() && own.startTime > 0)
        #expect(own.isAlive)
        #expect(ProcessIdentity(current: getpid()) == own)
        #expect(try own.signal(0))
    }

    @Test func anotherStartTimeIsAnotherProcess() throws {
        let own = ProcessIdentity.own()
        let other = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1)
        #expect(!other.isAlive)
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
        #expect(!identity.isAlive, "not even before it is waited for")
        try run.wait()
        #expect(!identity.isAlive)
        #expect(try !identity.signal(SIGTERM))
        #expect(ProcessIdentity(current: run.pid) != identity)
    }

    @Test func theTableTellsTheEnvironment() throws {
        let home = try TemporarySpool()
        let run = try ProgramRun(
            ["sh", "-c", "kill -STOP $$"], environment: ["MARK": "a b"], directory: home.home)
        try home.wait("the shell stops itself") {
            ProcessTable.environment(of: run.pid, contains: "MARK=a b") == true
        }
        #expect(ProcessTable.environment(of: run.pid, contains: "MARK=a") == false)
        #expect(ProcessTable.all().contains { $0.pid == run.pid })
        run.signal(SIGKILL)
        #expect(try run.wait().status == 137)
        #expect(ProcessTable.environment(of: -1, contains: "") == nil)
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

    private func start(_ setup: CommandSetup) throws -> HeldCommand {
        let null = try ProcessControl.openForReading("/dev/null")
        return try HeldCommand(setup, input: null, output: null, error: null)
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
            try held.release()
            let end = try wait(for: pid)
            #expect(end.exitCode == 5 && end.signal == nil)
            #expect(try home.lines("proof") == [home.home, "b c", "0027"])
            #expect(group.pid == pid)
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
                do throws(StartFailure) {
                    try held.release()
                    Issue.record("\(wanted.arguments) was started")
                } catch {
                    #expect(error.step == step)
                    #expect(error.errno == errno)
                }
                #expect(try wait(for: pid).exitCode == 127)
            }
        }
    }

    @Test func signalsHaveNames() {
        #expect(Signals.name(of: SIGTERM) == "SIGTERM")
        #expect(SignalNames.number(of: "SIGKILL") == 9)
        #expect(SignalNames.number(of: "SIGNOTHING") == nil)
        #expect(!Host.bootID.isEmpty && !Host.name.isEmpty)
    }
}

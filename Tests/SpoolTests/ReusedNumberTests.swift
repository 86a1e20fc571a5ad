import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool

/// Process numbers are given anew: what is left of a dead attempt is known by pid, start time and boot
/// together, never by the pid alone.
struct ReusedNumberTests {
    /// A process that leads a session of its own, as a command does.
    private func bystander(_ spool: TemporarySpool) throws -> (ProgramRun, ProcessIdentity) {
        let program = try ProgramRun(
            ["setsid", "sleep", "1000"], environment: ["PATH": "/usr/bin:/bin"],
            directory: spool.home)
        while ProcessTable.stat(of: program.pid)?.session != program.pid { sched_yield() }
        return (program, try #require(ProcessIdentity(current: program.pid)))
    }

    /// Leaves a job in running/ whose dead attempt says that this was its command.
    private func leave(
        _ command: Attempt.Process, boot: String, in spool: SpoolDirectory
    ) throws -> JobLocation {
        try spool.submit(Job(command: .shell("true")))
        return try SpawnGate.quietly {
            let place = try #require(try Listing(spool.storage).locations().first)
            let offer = WorkerOffer(slots: 1, capabilities: [])
            guard
                case .claimed(let locked) = try Claim(spool.storage).claim(
                    place, for: offer, freeSlots: 1)
            else {
                throw FileTree.Failure(description: "not claimed")
            }
            let attempt = Attempt(
                number: 1, worker: "w", host: Host.name, bootID: boot,
                runner: Attempt.Process(pid: 1, startTime: 0), command: command,
                startedAt: spool.storage.now())
            #expect(try Start(spool.storage).start(locked, attempt))
            return locked.location
        }
    }

    @Test func aStrangerWithTheNumberOfADeadCommandLives() throws {
        let temporary = try TemporarySpool()
        let (program, identity) = try bystander(temporary)
        defer { program.signal(SIGKILL) }
        let spool = try temporary.open()
        let older = Attempt.Process(pid: identity.pid, startTime: identity.startTime - 1)
        let location = try leave(older, boot: Host.bootID, in: spool)
        guard
            case .recovered(let place) = try SpawnGate.quietly({
                try Recover(spool.storage).recover(location)
            })
        else {
            Issue.record("not recovered")
            return
        }
        #expect(place.place == .failed)
        #expect(identity.isAlive)
    }

    @Test func aStrangerOfThisBootWithAllTheNumbersOfAnotherLives() throws {
        let temporary = try TemporarySpool()
        let (program, identity) = try bystander(temporary)
        defer { program.signal(SIGKILL) }
        let spool = try temporary.open()
        let same = Attempt.Process(pid: identity.pid, startTime: identity.startTime)
        let location = try leave(same, boot: "another boot", in: spool)
        guard
            case .recovered = try SpawnGate.quietly({ try Recover(spool.storage).recover(location) }
            )
        else {
            Issue.record("not recovered")
            return
        }
        #expect(identity.isAlive)
    }

    @Test func theCommandItselfIsKilledBeforeItsJobGoesOn() throws {
        let temporary = try TemporarySpool()
        let (program, identity) = try bystander(temporary)
        let spool = try temporary.open()
        let same = Attempt.Process(pid: identity.pid, startTime: identity.startTime)
        let location = try leave(same, boot: Host.bootID, in: spool)
        // It may have died of the signal before anybody has looked.
        var found = try SpawnGate.quietly { try Recover(spool.storage).recover(location) }
        if case .dying = found {
            #expect(try program.wait().status == 128 + SIGKILL)
            found = try SpawnGate.quietly { try Recover(spool.storage).recover(location) }
        }
        #expect(!identity.isAlive, "it was brought on while its command lived")
        guard case .recovered = found else {
            Issue.record("not recovered")
            return
        }
    }
}

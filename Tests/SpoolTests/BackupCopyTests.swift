import Spool
import SpoolCheck
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// What stands in for a running job that a power cut has left unfinished: its file as it was before the attempt.
struct BackupCopyTests {
    enum Tear: CaseIterable {
        case empty, zeros, half

        func apply(to bytes: [UInt8]) -> [UInt8] {
            switch self {
            case .empty: []
            case .zeros: [UInt8](repeating: 0, count: bytes.count)
            case .half: Array(bytes[..<(bytes.count / 2)])
            }
        }
    }

    /// A spool with a job that was started before the machine went down, and the file that it was claimed as.
    private struct Fixture {
        let temporary: TemporarySpool
        let spool: SpoolDirectory
        let id: JobID
        let running: JobLocation
        let backup: String
        let claimed: [UInt8]
        let started: [UInt8]

        init(maxAttempts: Int? = nil, kind: Sidecar = .backup) throws {
            temporary = try TemporarySpool()
            spool = try temporary.open()
            var job = Job(command: .shell("true"))
            job.maxAttempts = maxAttempts
            id = try spool.submit(job)
            let place = try #require(try Lookup(spool.storage).locate(id).first)
            let offer = WorkerOffer(slots: 1, capabilities: [])
            guard
                case .claimed(let locked) = try Claim(spool.storage).claim(
                    place, for: offer, freeSlots: 1)
            else { throw FileTree.Failure(description: "not claimed") }
            running = locked.location
            backup = kind.path(of: running)
            claimed = try FileTree.read(temporary[running.path])
            let attempt = Attempt(
                number: 1, worker: "w", host: Host.name, bootID: "another boot",
                runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
                startedAt: spool.storage.now())
            #expect(try Start(spool.storage).start(locked, attempt))
            started = try FileTree.read(temporary[running.path])
            try FileTree.write(temporary[backup], claimed)
        }

        func tear(_ tear: Tear) throws {
            try FileTree.write(temporary[running.path], tear.apply(to: started))
        }

        /// When no one can be writing it any more.
        func later() throws -> SpoolDirectory {
            let clock = TestClock()
            clock.advance(.seconds(60))
            return try temporary.open(clock)
        }

        func expectInterrupted() throws {
            #expect(try Lookup(spool.storage).locate(id) == [.failed(id)], "in exactly one place")
            let job = try JobReader(spool.storage).read(.failed(id))
            #expect(job.command == .shell("true"))
            #expect(job.attempts?.map(\.outcome) == [.interrupted])
            #expect(try temporary.names("running").isEmpty)
            #expect(try temporary.names("dead-letter").isEmpty)
        }
    }

    @Test(arguments: Tear.allCases)
    func itSaysWhatTheJobWas(_ tear: Tear) throws {
        try SpawnGate.quietly {
            let fixture = try Fixture()
            try fixture.tear(tear)
            guard case .recovered = try Recover(fixture.later().storage).recover(fixture.running)
            else {
                Issue.record("not recovered")
                return
            }
            try fixture.expectInterrupted()
        }
    }

    /// A spool that the former version of the program has left.
    @Test func aFormerOneCountsToo() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture(kind: .formerBackup)
            try fixture.tear(.half)
            #expect(try fixture.temporary.names("running").contains("\(fixture.id).1.prior"))
            guard case .recovered = try Recover(fixture.later().storage).recover(fixture.running)
            else {
                Issue.record("not recovered")
                return
            }
            #expect(try Lookup(fixture.spool.storage).locate(fixture.id) == [.failed(fixture.id)])
        }
    }

    /// Somebody may still be writing it.
    @Test func whatHasJustChangedIsLeftAlone() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture()
            try fixture.tear(.half)
            guard case .uncertain = try Recover(fixture.spool.storage).recover(fixture.running)
            else {
                Issue.record("not left alone")
                return
            }
            #expect(try Lookup(fixture.spool.storage).locate(fixture.id) == [fixture.running])
            #expect(try FileTree.read(fixture.temporary[fixture.backup]) == fixture.claimed)
        }
    }

    @Test func aCheckTellsAndMends() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture()
            try fixture.tear(.zeros)
            let check = SpoolCheck(try fixture.later())
            var found: [SpoolCheck.Finding] = []
            try check.run { found.append($0) }
            #expect(found.map(\.code) == [.notAJob])
            #expect(found.map(\.path) == [fixture.running.path])
            try check.run(isRepairing: true) { _ in }
            try fixture.expectInterrupted()
        }
    }

    @Test func whoMayTryAgainHasUsedATry() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture(maxAttempts: 2)
            try fixture.tear(.empty)
            guard
                case .recovered(let place) = try Recover(fixture.later().storage).recover(
                    fixture.running)
            else {
                Issue.record("not recovered")
                return
            }
            #expect(place.place == .scheduled)
            #expect(
                try JobReader(fixture.spool.storage).read(place).attempts?.map(\.outcome) == [
                    .interrupted
                ])
            #expect(try fixture.temporary.names("running").isEmpty)
        }
    }

    @Test func whatIsWholeStays() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture()
            guard case .recovered = try Recover(fixture.spool.storage).recover(fixture.running)
            else {
                Issue.record("not recovered")
                return
            }
            try fixture.expectInterrupted()
            #expect(
                try JobReader(fixture.spool.storage).read(.failed(fixture.id)).attempts?.first?
                    .worker
                    == "w",
                "the attempt that was on record")
        }
    }

    /// Where the file before isn't a job either, nobody knows what it was.
    @Test func withoutAWholeOneItIsSetAside() throws {
        try SpawnGate.quietly {
            let fixture = try Fixture()
            try fixture.tear(.half)
            try FileTree.write(fixture.temporary[fixture.backup], [])
            guard case .rejected = try Recover(fixture.later().storage).recover(fixture.running)
            else {
                Issue.record("not set aside")
                return
            }
            #expect(try fixture.temporary.names("running") == ["\(fixture.id).1.before"])
        }
    }
}

import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool

/// A file that a power cut has left with its old and its new name, as btrfs does after somebody else's fsync(2).
struct HalfMoveTests {
    private func onSpool(_ body: (TemporarySpool, SpoolDirectory) throws -> Void) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            try body(temporary, try temporary.open(TestClock()))
        }
    }

    private func add(_ name: String, to path: String, in temporary: TemporarySpool) throws {
        try FileTree.check(link(temporary[path], temporary[name]), "link \(path) to \(name)")
    }

    private func claim(_ location: JobLocation, in spool: SpoolDirectory) throws -> LockedJob? {
        let offer = WorkerOffer(slots: 1, capabilities: [])
        guard
            case .claimed(let locked) = try Claim(spool.storage).claim(
                location, for: offer, freeSlots: 1)
        else {
            return nil
        }
        return locked
    }

    @Test(arguments: [
        "tmp/x.json", "tmp/x", "scheduled/20261121T073000.000Z-5-ID.json", "held/3-ID.json",
    ])
    func theNameThatIsLookedAtStays(other: String) throws {
        try onSpool { temporary, spool in
            let id = try spool.submit(Job(command: .shell("true")))
            let location = try #require(try Lookup(spool.storage).locate(id).first)
            let name = other.replacing("ID", with: id.description)
            try add(name, to: location.path, in: temporary)
            #expect(try claim(location, in: spool) != nil)
            #expect(try spool.storage.root.status(of: name) == nil)
            #expect(try Lookup(spool.storage).locate(id).map(\.place) == [.running])
        }
    }

    @Test func aHalfClaimedJobWaitsAgain() throws {
        try onSpool { temporary, spool in
            let id = try spool.submit(Job(command: .shell("true")))
            let waiting = try #require(try Lookup(spool.storage).locate(id).first)
            let running = JobLocation.running(id, attempt: 1)
            try add(running.path, to: waiting.path, in: temporary)
            try BootMarks(spool.storage).set()
            guard case .recovered(let location) = try Recover(spool.storage).recover(running) else {
                Issue.record("not recovered")
                return
            }
            #expect(location == waiting)
            #expect(try Lookup(spool.storage).locate(id) == [waiting])
        }
    }

    @Test func aDroppedFileIsAdmittedThoughItsDraftIsThere() throws {
        try onSpool { temporary, spool in
            try temporary.drop("draft.json", #"{"command": "true"}"#, in: "tmp")
            try add("incoming/a.json", to: "tmp/draft.json", in: temporary)
            guard case .admitted = try Admit(spool.storage).admit("a.json", queue: nil) else {
                Issue.record("not admitted")
                return
            }
            #expect(try spool.storage.root.names(in: "tmp").isEmpty)
        }
    }

    @Test func linksOfOthersAreLeftAlone() throws {
        try onSpool { temporary, spool in
            let id = try spool.submit(Job(command: .shell("true")))
            let location = try #require(try Lookup(spool.storage).locate(id).first)
            try add("logs/mine", to: location.path, in: temporary)
            try add("tmp/half", to: location.path, in: temporary)
            #expect(try claim(location, in: spool) == nil)
            #expect(try spool.storage.root.status(of: "logs/mine") != nil)
        }
    }
}

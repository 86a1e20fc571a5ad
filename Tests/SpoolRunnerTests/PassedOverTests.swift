import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool
@testable import SpoolRunner

/// Files that have failed, and are too many to be remembered one by one.
struct PassedOverTests {
    private static let second: Int64 = 1_000_000_000
    private let second = PassedOverTests.second

    /// They are tried again in the end, however fast others join them.
    @Test func newOnesHardlyPutThemOff() {
        var files = PassedOver()
        for number in 0..<100 { files.add(at: Int64(number) * second) }
        #expect(files.end == second + 100_000_000)
    }

    @Test func theTimeGrowsFromRoundToRound() {
        var files = PassedOver()
        var waits: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<8 {
            files.add(at: now)
            waits.append((files.end - now) / second)
            now = files.end
            files.beginAnew(at: now)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
        #expect(!files.isPast(at: now + 59 * second))
        now += 61 * second
        #expect(files.isPast(at: now))
        files.add(at: now)
        #expect((files.end - now) / second == 1)
    }

    @Test func aMillionWaitTenMinutes() {
        var files = PassedOver()
        for _ in 0..<1_000_000 { files.add(at: 5) }
        #expect(files.end == 600 * second + 5)
    }

    /// Three jobs, the first of which can't be claimed, and so many other failures that it is passed over.
    ///
    /// - Parameter body: with the ids of the jobs.
    private func withABadFirstJob(
        _ body: (TemporarySpool, Backlog, DropInbox, [JobID]) throws -> Void
    ) throws {
        let fixture = try TemporarySpool()
        let spool = try fixture.open()
        for _ in 0..<3 { _ = try spool.submit(Job(command: .arguments(["true"]))) }
        let context = try WorkerContext(spool, WorkerOptions()) { _ in }
        let backlog = try Backlog(context, SpoolWatch(context))
        for number in 0..<1000 {
            context.reminders.add(.dropIn(name: "\(number).json", queue: nil), at: .max)
        }
        let ids = try fixture.ids(in: .incoming).compactMap { JobID($0) }.sorted()
        let path = fixture["incoming/5-\(ids[0]).json"]
        try #require(ProcessControl.run(["chattr", "+i", path]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", path]) }
        try body(fixture, backlog, DropInbox(context, backlog), ids)
    }

    /// Those at the head don't come up again instead of those behind.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func theNextListBeginsBehindThem() throws {
        try withABadFirstJob { (_, backlog, _, ids) throws in
            func listed(isGoingOn: Bool) throws -> [JobID] {
                _ = backlog.list(withDropIns: false, isGoingOn: isGoingOn)
                var ids: [JobID] = []
                while let first = backlog.first {
                    ids.append(first.location.id)
                    guard case .busy = backlog.claimNext(freeSlots: 1) else { break }
                }
                return ids
            }
            // The second one is claimed.
            #expect(try listed(isGoingOn: false) == [ids[0], ids[1]])
            #expect(try listed(isGoingOn: true) == [ids[2]])
            #expect(try listed(isGoingOn: false) == [ids[0]])
        }
    }

    /// It waits for a slot, and meanwhile all is listed again.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func aMoreUrgentOneThatHasComeStaysFirst() throws {
        try withABadFirstJob { (fixture, backlog, _, ids) throws in
            _ = backlog.list(withDropIns: false)
            _ = backlog.claimNext(freeSlots: 1)
            let names = (1...2).map { (ids[$0], urgent: "0-\(ids[$0]).json") }
            for (id, urgent) in names {
                try fixture.rename("incoming/5-\(id).json", to: "incoming/" + urgent)
            }
            let name = try #require(JobFileName(names[0].urgent))
            backlog.notice(JobLocation(.incoming, name))
            _ = backlog.list(withDropIns: false, isGoingOn: true)
            #expect(backlog.first?.location.path == "incoming/" + names[0].urgent)
            guard case .claimed = backlog.claimNext(freeSlots: 1) else {
                Issue.record("not claimed")
                return
            }
            // Nobody has told of the other one.
            #expect(backlog.first == nil)
        }
    }

    /// The kernel tells of the directory, and not of the job that it held already.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func aMoreUrgentOneInANewDirectoryIsSeen() throws {
        try withABadFirstJob { (fixture, backlog, inbox, ids) throws in
            _ = backlog.list(withDropIns: false)
            _ = backlog.claimNext(freeSlots: 1)
            try FileTree.check(mkdir(fixture["incoming/q"], 0o700), "mkdir")
            let urgent = "incoming/q/0-\(ids[2]).json"
            try fixture.rename("incoming/5-\(ids[2]).json", to: urgent)
            inbox.queueAppeared()
            #expect(backlog.first?.location.path == urgent)
        }
    }
}

import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolRunner

/// Jobs that are given to runners, without a worker's loop and its watches.
struct DispatcherTests {
    /// Nothing else would bring it back: no event is read here, and no directory is listed again.
    @Test func aJobWithoutARunnerIsTheNextOneAgain() throws {
        let fixture = try TemporarySpool()
        let spool = try fixture.open()
        let id = try spool.submit(Job(command: .arguments(["true"])))
        var said: [String] = []
        let context = try WorkerContext(spool, WorkerOptions()) { said.append($0) }
        let backlog = try Backlog(context, SpoolWatch(context))
        var forks = 0
        let pool = RunnerPool(context) { _, _ throws(Errno) in
            forks += 1
            throw Errno.again
        }
        let recovery = OrphanRecovery(context, backlog, pool)
        let dispatcher = Dispatcher(
            context, backlog, DropInbox(context, backlog), pool, recovery,
            Prefetch(context, backlog, pool, recovery))
        _ = backlog.list(withDropIns: false)
        for round in 1...2 {
            dispatcher.claimWhatFits(isStopping: false, hasLookedAfterRestart: true)
            #expect(forks == round)
            #expect(backlog.first?.location.id == id)
            #expect(try fixture.ids(in: .incoming) == [id.description])
            // As the time of the back-off has passed.
            context.failures.claimAgainNow()
        }
        #expect(pool.isEmpty)
        #expect(said.count { $0.contains("no runner for \(id), which waits again") } == 1)
    }
}

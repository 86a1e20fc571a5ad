import Spool
import SpoolTime
import Testing

@testable import SpoolRunner
@testable import SpoolSystem

/// What is done with a running command, for every order of events.
struct SupervisionTests {
    private static let second: Int64 = 1_000_000_000

    private static func ended(code: Int32? = 0, signal: Int32? = nil) -> ProcessEnd {
        ProcessEnd(
            pid: 5, exitCode: code, signal: signal, coreDumped: false, userMicroseconds: 1,
            systemMicroseconds: 2, peakKilobytes: 3)
    }

    private func attempt(_ supervision: Supervision, of job: Job) -> Attempt {
        var attempt = Attempt(
            number: 1, worker: "w", host: "h", bootID: "b",
            runner: Attempt.Process(pid: 1, startTime: 1), command: nil,
            startedAt: Instant(seconds: 100))
        supervision.conclude(&attempt, of: job, at: Instant(seconds: 90))
        return attempt
    }

    private let job = Job(command: .shell("true"))

    @Test func setsTheTimeoutAtTheStart() {
        let timed = Supervision(timeout: .seconds(3), killAfter: .seconds(1))
        #expect(timed.begin(at: 10) == [.setDeadline(10 + 3 * SupervisionTests.second)])
        #expect(Supervision(timeout: nil, killAfter: .zero).begin(at: 10) == [.setDeadline(nil)])
    }

    @Test func anEndByItself() {
        var supervision = Supervision(timeout: nil, killAfter: .seconds(1))
        let actions = supervision.handle(
            .commandEnded(SupervisionTests.ended(code: 3), leavesOthers: false), at: 5)
        #expect(actions == [.setDeadline(nil), .finish])
        let end = attempt(supervision, of: job)
        #expect(end.outcome == .failed && end.exitCode == 3 && end.message == "exit code 3")
        #expect(end.finishedAt == end.startedAt, "a clock that was set back gives no negative time")
        var tolerant = job
        tolerant.successOn = [3]
        #expect(attempt(supervision, of: tolerant).outcome == .completed)
    }

    @Test func timeoutThenKill() {
        var supervision = Supervision(timeout: .seconds(1), killAfter: .seconds(2))
        #expect(
            supervision.handle(.deadline, at: 100)
                == [
                    .signalGroup(15), .signalGroup(18),
                    .setDeadline(100 + 2 * SupervisionTests.second),
                ])
        #expect(supervision.handle(.deadline, at: 200) == [.signalGroup(9), .setDeadline(nil)])
        #expect(supervision.handle(.deadline, at: 300).isEmpty)
        let last = supervision.handle(
            .commandEnded(SupervisionTests.ended(code: nil, signal: 9), leavesOthers: false),
            at: 400)
        #expect(last == [.setDeadline(nil), .finish])
        let end = attempt(supervision, of: job)
        #expect(end.outcome == .timedOut && end.signal == "SIGKILL" && end.exitCode == nil)
    }

    @Test func whatIsLeftBehindIsCleared() {
        var supervision = Supervision(timeout: .seconds(9), killAfter: .seconds(2))
        #expect(
            supervision.handle(.commandEnded(SupervisionTests.ended(), leavesOthers: true), at: 0)
                == [.signalGroup(15), .signalGroup(18), .setDeadline(2 * SupervisionTests.second)])
        #expect(supervision.handle(.cancelRequested, at: 1).isEmpty, "it has ended already")
        #expect(supervision.handle(.deadline, at: 2) == [.signalGroup(9), .setDeadline(nil)])
        #expect(supervision.handle(.groupEmpty, at: 3) == [.setDeadline(nil), .finish])
        #expect(supervision.handle(.groupEmpty, at: 4).isEmpty)
        #expect(attempt(supervision, of: job).outcome == .completed)
    }

    @Test func whatIsToStayIsNotCleared() {
        var supervision = Supervision(
            timeout: .seconds(9), killAfter: .seconds(2), keepsChildren: true)
        #expect(!supervision.endsLeftovers)
        let actions = supervision.handle(
            .commandEnded(SupervisionTests.ended(), leavesOthers: true), at: 0)
        #expect(actions == [.setDeadline(nil), .finish])
        var stopped = Supervision(timeout: nil, killAfter: .seconds(2), keepsChildren: true)
        _ = stopped.handle(.cancelRequested, at: 0)
        let after = stopped.handle(
            .commandEnded(SupervisionTests.ended(), leavesOthers: true), at: 1)
        #expect(after.isEmpty, "all of it is being stopped")
        #expect(stopped.handle(.groupEmpty, at: 2) == [.setDeadline(nil), .finish])
    }

    @Test(arguments: [
        (Supervision.Event.cancelRequested, Attempt.Outcome.cancelled), (.takenAway, .cancelled),
        (.toldToStop, .interrupted), (.deadline, .timedOut),
    ])
    func theFirstCauseCounts(event: Supervision.Event, outcome: Attempt.Outcome) {
        var supervision = Supervision(timeout: .seconds(1), killAfter: .seconds(1))
        #expect(supervision.handle(event, at: 0).first == .signalGroup(15))
        for other in [Supervision.Event.cancelRequested, .takenAway, .toldToStop] {
            #expect(supervision.handle(other, at: 1).isEmpty)
        }
        _ = supervision.handle(
            .commandEnded(SupervisionTests.ended(code: 0), leavesOthers: false), at: 2)
        let end = attempt(supervision, of: job)
        #expect(end.outcome == outcome)
        #expect(end.exitCode == 0 && end.message != nil)
    }

    /// Every sequence of up to five events keeps these rules.
    @Test func everyOrderOfEvents() {
        let events: [Supervision.Event] = [
            .commandEnded(SupervisionTests.ended(), leavesOthers: true),
            .commandEnded(SupervisionTests.ended(code: nil, signal: 15), leavesOthers: false),
            .groupEmpty, .deadline, .cancelRequested, .takenAway, .toldToStop,
        ]
        var count = 0
        func follow(_ supervision: Supervision, finished: Bool, killed: Bool, depth: Int) {
            count += 1
            if depth == 0 { return }
            for event in events {
                var next = supervision
                let actions = next.handle(event, at: Int64(depth))
                let finishes = actions.contains(.finish)
                #expect(
                    !finished || actions.isEmpty || isSecondEnd(event), "after the end: \(event)")
                if finishes { #expect(next.end != nil, "never before the command has ended") }
                let kills = actions.contains(.signalGroup(9))
                #expect(!(killed && kills), "killed once")
                if actions.contains(.signalGroup(15)) {
                    #expect(
                        actions.contains {
                            if case .setDeadline(.some) = $0 { true } else { false }
                        })
                }
                follow(
                    next, finished: finished || finishes, killed: killed || kills, depth: depth - 1)
            }
        }
        follow(
            Supervision(timeout: .seconds(1), killAfter: .seconds(1)), finished: false,
            killed: false, depth: 5)
        #expect(count > 19_000)
    }

    /// A command ends once; a second report of it has no meaning.
    private func isSecondEnd(_ event: Supervision.Event) -> Bool {
        if case .commandEnded = event { true } else { false }
    }
}

import Spool
import SpoolSystem
import SpoolTime

/// Decides about a running command. It is pure, so that every order of events can be tried out. Times are readings of
/// the monotonic clock in nanoseconds.
package struct Supervision: Sendable {
    package enum Event: Sendable {
        /// The command itself has ended; others of its process group may be left.
        case commandEnded(ProcessEnd, leavesOthers: Bool)
        /// No process of its group is left.
        case groupEmpty
        /// The deadline that was set has passed.
        case deadline
        case cancelRequested
        /// The job's file isn't ours any more.
        case takenAway
        /// The runner was told to end: the machine is going down, or an administrator wants it.
        case toldToStop
    }

    package enum Action: Equatable, Sendable {
        /// SIGTERM is followed by SIGCONT: what is stopped could not handle it.
        case signalGroup(CInt)
        /// nil: none.
        case setDeadline(Int64?)
        case finish
    }

    /// Why the command is being stopped.
    package enum Cause: Sendable {
        case timeout, cancelled, takenAway, toldToStop
    }

    private enum Phase {
        case running
        /// SIGTERM has been sent.
        case stopping
        /// SIGKILL has been sent.
        case killing
        /// The command has ended by itself; what it left behind has got SIGTERM.
        case clearing
        case finished
    }

    private let timeout: TimeSpan?
    private let killAfter: TimeSpan
    private let keepsChildren: Bool
    private var phase = Phase.running
    package private(set) var cause: Cause?
    package private(set) var end: ProcessEnd?

    /// - Parameter keepsChildren: whether what outlives the command stays, unless the command was stopped.
    package init(timeout: TimeSpan?, killAfter: TimeSpan, keepsChildren: Bool = false) {
        self.timeout = timeout
        self.killAfter = killAfter
        self.keepsChildren = keepsChildren
    }

    /// Whether what outlives the command, if it ends now, is ended on that account.
    package var endsLeftovers: Bool {
        if case .running = phase { return !keepsChildren }
        return false
    }

    /// The actions at the start of the command.
    package func begin(at now: Int64) -> [Action] {
        [.setDeadline(timeout.map { now + $0.nanoseconds })]
    }

    package mutating func handle(_ event: Event, at now: Int64) -> [Action] {
        switch event {
        case .commandEnded(let end, let leavesOthers):
            self.end = end
            if !leavesOthers { return handle(.groupEmpty, at: now) }
            guard case .running = phase else { return [] }
            if keepsChildren { return handle(.groupEmpty, at: now) }
            phase = .clearing
            return [
                .signalGroup(ProcessControl.terminate), .signalGroup(ProcessControl.goOn),
                .setDeadline(now + killAfter.nanoseconds),
            ]
        case .groupEmpty:
            guard end != nil else { return [] }
            if case .finished = phase { return [] }
            phase = .finished
            return [.setDeadline(nil), .finish]
        case .deadline: return deadline(at: now)
        case .cancelRequested: return stop(.cancelled, at: now)
        case .takenAway: return stop(.takenAway, at: now)
        case .toldToStop: return stop(.toldToStop, at: now)
        }
    }

    private mutating func deadline(at now: Int64) -> [Action] {
        switch phase {
        case .running: return stop(.timeout, at: now)
        case .stopping, .clearing:
            phase = .killing
            return [.signalGroup(ProcessControl.kill), .setDeadline(nil)]
        case .killing, .finished: return []
        }
    }

    private mutating func stop(_ cause: Cause, at now: Int64) -> [Action] {
        switch phase {
        case .running:
            self.cause = cause
            phase = .stopping
            return [
                .signalGroup(ProcessControl.terminate), .signalGroup(ProcessControl.goOn),
                .setDeadline(now + killAfter.nanoseconds),
            ]
        case .stopping:
            // The command is being stopped already; the first cause counts.
            return []
        case .clearing, .killing, .finished: return []
        }
    }
}

extension Supervision {
    /// Writes into the attempt how it ended.
    package func conclude(_ attempt: inout Attempt, of job: Job, at time: Instant) {
        attempt.finishedAt = max(time, attempt.startedAt)
        if let end {
            attempt.exitCode = end.exitCode
            attempt.signal = end.signal.map { Signals.name(of: $0) }
            attempt.coreDumped = end.coreDumped ? true : nil
            attempt.usage = Attempt.Usage(
                user: TimeSpan(microseconds: end.userMicroseconds),
                system: TimeSpan(microseconds: end.systemMicroseconds),
                peakMemory: end.peakKilobytes)
        }
        switch cause {
        case .timeout:
            attempt.outcome = .timedOut
            attempt.message = "stopped after its timeout of \(timeout ?? .zero)"
        case .cancelled:
            attempt.outcome = .cancelled
            attempt.message = "cancelled while it ran"
        case .takenAway:
            attempt.outcome = .cancelled
            attempt.message = "its file was taken away while it ran"
        case .toldToStop:
            attempt.outcome = .interrupted
            attempt.message = "its runner was told to stop (SIGTERM)"
        case nil:
            if let code = end?.exitCode {
                let isSuccess = RetryPolicy.isSuccess(code, of: job)
                attempt.outcome = isSuccess ? .completed : .failed
                if isSuccess {
                    attempt.message = nil
                } else {
                    let remark = code == 0 ? ", which \"success_on\" doesn't name" : ""
                    attempt.message = "exit code \(code)\(remark)"
                }
            } else {
                attempt.outcome = .failed
                attempt.message = "killed by \(attempt.signal ?? "a signal")"
            }
        }
    }
}

import Spool
import SpoolSystem

/// A runner's connection to its worker: messages go to the worker, jobs come from it.
final class WorkerConnection {
    private let channel: Channel
    private let spool: SpoolDirectory
    /// The jobs that this process has run, with the present one.
    private(set) var jobCount = 1
    /// Whether the worker was told of an end, and hasn't answered yet.
    private var awaitsAnswer = false
    /// Whether this process takes no other job.
    private(set) var isDeclining = false

    /// How long the worker may take to answer, in milliseconds.
    private static let patience: Int32 = 50

    init(_ channel: Channel, _ spool: SpoolDirectory) {
        self.channel = channel
        self.spool = spool
    }

    /// Of the channel: its end is the end of the worker.
    var number: CInt { channel.number }

    // MARK: Messages

    /// - Returns: false where the worker is gone, and there is nobody to tell.
    func send(_ message: RunnerMessage) -> Bool {
        (try? channel.send(head(message))) != nil
    }

    /// Has the worker tell people what is the matter with a job, the present one or one before. Without a worker nobody
    /// is told here: the overview names a job that can't be filed, and `status` a command that can't be ended.
    ///
    /// - Returns: whether it got the message.
    func send(_ message: RunnerMessage, _ report: RunnerReport) -> Bool {
        (try? channel.send(head(message) + report.bytes)) != nil
    }

    /// Tells the worker that the command has ended, and expects the next job, or the answer that there is none.
    ///
    /// - Returns: false where the worker is gone.
    func sendFinishing() -> Bool {
        awaitsAnswer = send(.finishing)
        return awaitsAnswer
    }

    private func head(_ message: RunnerMessage) -> [UInt8] {
        [message.rawValue, UInt8(truncatingIfNeeded: jobCount)]
    }

    // MARK: Jobs

    enum Next {
        case job(LockedJob)
        /// No other comes.
        case none
        /// The message can't be taken over; recovery brings its job on.
        case unreadable
    }

    /// The next job, if the worker has sent one meanwhile, or answers with one.
    func nextAtOnce() -> Next {
        guard awaitsAnswer else { return .none }
        awaitsAnswer = false
        // A channel that fails is one whose worker is gone: no other job comes. That holds below too.
        guard let message = (try? channel.receive(within: WorkerConnection.patience)) ?? nil,
            message.bytes != RunnerMessage.noJob
        else { return .none }
        return accept(message)
    }

    /// Waits for another job, or for the end of the worker, or for a signal to stop.
    func awaitNext(or signals: Signals) -> Next {
        guard send(.idle) else { return .none }
        while true {
            // A channel that fails is one whose worker is gone.
            guard let arrival = try? channel.wait(or: signals) else { return .none }
            switch arrival {
            case .message:
                guard let message = (try? channel.receive()) ?? nil else { return .none }
                // A late answer.
                if message.bytes != RunnerMessage.noJob { return accept(message) }
            case .signal:
                // One that can't be read now is there when it is waited for next.
                let signal = (try? signals.next()) ?? nil
                if signal == ProcessControl.terminate || signal == ProcessControl.interrupt {
                    return .none
                }
            }
        }
    }

    private func accept(_ message: Channel.Message) -> Next {
        guard let job = takeOver(message) else { return .unreadable }
        jobCount += 1
        return .job(job)
    }

    private func takeOver(_ message: Channel.Message) -> LockedJob? {
        // Why it can't be read is said by whoever recovers it.
        guard let file = message.descriptor else { return nil }
        return (try? HandOver(spool.storage).takeOver(message.bytes, Descriptor(owning: file)))
            ?? nil
    }

    /// Takes no other job: this process is held up, or ends.
    ///
    /// - Returns: those that have been sent meanwhile.
    func decline() -> [LockedJob] {
        isDeclining = true
        var declined: [LockedJob] = []
        while true {
            let patience = awaitsAnswer ? WorkerConnection.patience : 0
            awaitsAnswer = false
            // A message that can't be received isn't this process's: the worker takes it back, or recovery finds it.
            guard let message = (try? channel.receive(within: patience)) ?? nil else {
                return declined
            }
            guard message.bytes != RunnerMessage.noJob, let job = takeOver(message) else {
                continue
            }
            declined.append(job)
        }
    }
}

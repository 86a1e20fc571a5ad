import Spool
import SpoolSystem

/// What a runner's process and its worker tell each other: words of the one, jobs of the other.
extension RunnerProcess {
    func tell(_ word: Word) -> Bool {
        // It fails where the worker is gone, and there is nobody to tell.
        (try? channel.send([word.rawValue, UInt8(truncatingIfNeeded: given)])) != nil
    }

    /// Has the worker tell people what is the matter with a job, the present one or one before. Without a worker nobody
    /// is told here: the overview names a job that can't be filed, and `status` a command that can't be ended.
    ///
    /// - Returns: whether it got the message.
    func tell(_ word: Word, _ report: RunnerReport) -> Bool {
        let head = [word.rawValue, UInt8(truncatingIfNeeded: given)]
        return (try? channel.send(head + report.bytes)) != nil
    }

    enum Next {
        case job(LockedJob)
        /// No other comes.
        case none
        /// What came can't be taken over; whoever recovers it will bring it on.
        case unreadable
    }

    /// What the worker has sent meanwhile to who ends, or answers.
    func nextAtOnce() -> Next {
        guard awaitsAnswer else { return .none }
        awaitsAnswer = false
        // A channel that fails is one whose worker is gone: no other job comes. So it is below.
        guard let message = (try? channel.receive(within: RunnerProcess.patience)) ?? nil,
            message.bytes != RunnerProcess.nothing
        else { return .none }
        return takeNext(message)
    }

    func awaitNext() -> Next {
        ProcessControl.setTitle("spool-run")
        guard tell(.rests) else { return .none }
        while true {
            // A channel that fails is one whose worker is gone.
            guard let arrival = try? channel.wait(or: signals) else { return .none }
            switch arrival {
            case .message:
                guard let message = (try? channel.receive()) ?? nil else { return .none }
                // A late answer.
                if message.bytes != RunnerProcess.nothing { return takeNext(message) }
            case .signal:
                // One that can't be read now is there when it is waited for next.
                let signal = (try? signals.next()) ?? nil
                if signal == ProcessControl.terminate || signal == ProcessControl.interrupt {
                    return .none
                }
            }
        }
    }

    private func takeNext(_ message: Channel.Message) -> Next {
        // Why it can't be read is said by whoever recovers it.
        guard let file = message.descriptor,
            let job = (try? spool.takeOver(message.bytes, Descriptor(owning: file))) ?? nil
        else { return .unreadable }
        return .job(job)
    }

    /// Brings the jobs back that have been sent meanwhile, and takes no other one: this process is held up, or ends.
    func declineNext() {
        refuseNext { _ = Runner.putBack($0, in: spool, "its runner takes no more") }
    }

    /// Others may run what this process was to take next; the command may still take long. Whoever recovers that finds
    /// it as all else that the worker had claimed.
    func workerIsGone() {
        try? loop.stopWatching(channel.number)
        refuseNext { spool.abandon($0) }
    }

    private func refuseNext(_ refuse: (LockedJob) -> Void) {
        isClean = false
        while true {
            let patience = awaitsAnswer ? RunnerProcess.patience : 0
            awaitsAnswer = false
            // What can't be received is not this process's: the worker takes it back, or it is recovered.
            guard let message = (try? channel.receive(within: patience)) ?? nil else { return }
            guard message.bytes != RunnerProcess.nothing, case .job(let job) = takeNext(message)
            else { continue }
            refuse(job)
        }
    }
}

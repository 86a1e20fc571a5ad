import Spool
import SpoolSystem

/// The files that were dropped into incoming/ and are to be admitted: some at a time, so that jobs begin and end
/// meanwhile.
final class DropInbox {
    private let context: WorkerContext
    private let backlog: Backlog
    /// By time.
    private var dropIns: ArraySlice<(name: String, queue: String?, key: String)> = []
    /// Whether more lies there, and whether the next list would be another one.
    private var hasMore = false
    private var hasProgressed = false
    /// The key of the last file that was passed over, as very many fail: all up to it have been tried.
    private var passedThrough: String?

    /// The result of a look at a dropped file.
    private enum Look {
        /// It doesn't lie there any more.
        case gone
        case stays
        /// It can't be admitted, and has no time of its own at which it is tried again.
        case passedOver
    }

    init(_ context: WorkerContext, _ backlog: Backlog) {
        self.context = context
        self.backlog = backlog
    }

    var isEmpty: Bool { dropIns.isEmpty }

    /// Lists incoming/ once, for the backlog, and admits what was dropped there.
    ///
    /// - Parameters:
    ///   - isComplete: whether dropped files that were passed over are wanted, too.
    ///   - isGoingOn: whether jobs that were passed over are not.
    func list(isComplete: Bool = false, isGoingOn: Bool = true) {
        if isComplete { passedThrough = nil }
        // While some are still being admitted, a look at all others, of which there may be a million, would be for
        // nothing: they come next.
        guard
            let dropped = backlog.list(
                withDropIns: dropIns.isEmpty, after: passedThrough, isGoingOn: isGoingOn)
        else {
            hasMore = true
            return
        }
        for (name, directory) in dropped.foreign {
            context.failures.attempt(.work("admission")) { () throws(SpoolError) in
                try Reject(context.storage).rejectNonUTF8(name, in: directory)
            }
        }
        dropIns = dropped.sorted[...]
        hasMore = dropped.hasMore
        hasProgressed = false
        admitSome()
    }

    /// A queue has got a directory. Nobody has reported the files that lay in it before.
    func queueAppeared() { list(isGoingOn: false) }

    /// Admits some of what was dropped, and the rest later.
    func admitSome() {
        let end = Clock.monotonic() + WorkerContext.timeSlice
        while !isHeldUp, let dropIn = dropIns.popFirst() {
            // A file that has failed has a time of its own.
            if context.reminders.contains(.dropIn(name: dropIn.name, queue: dropIn.queue)) {
                continue
            }
            switch look(at: dropIn.name, queue: dropIn.queue) {
            case .gone: hasProgressed = true
            case .stays: break
            case .passedOver:
                hasProgressed = true
                passedThrough = dropIn.key
            }
            let now = Clock.monotonic()
            if now >= end, !dropIns.isEmpty { return context.reminders.add(.dropIns, at: now) }
        }
        guard !isHeldUp else {
            // All are listed again after it.
            dropIns = []
            return
        }
        guard hasMore else { return }
        // Files that can't be admitted would be listed over and over.
        if hasProgressed { context.reminders.forgetCount(of: .dropIns) }
        context.reminders.add(.dropIns)
    }

    private var isHeldUp: Bool { context.failures.isBackingOff(.admission) }

    /// A file was dropped, or was to be looked at again.
    func admit(_ name: String, queue: String?) { _ = look(at: name, queue: queue) }

    private func look(at name: String, queue: String?) -> Look {
        // A dot file, or something else that isn't meant for us.
        guard DropIn.isCandidate(name), !isHeldUp else { return .stays }
        let reminder = Reminder.dropIn(name: name, queue: queue)
        do throws(SpoolError) {
            guard try admitNow(name, queue: queue, reminder) else { return .stays }
            context.failures.noteSuccess(in: .admission)
            return .gone
        } catch {
            switch context.failures.failed(reminder, in: .admission, error) {
            case .remembered: return .stays
            case .passedOver: return .passedOver
            case .paused:
                context.reminders.add(reminder, isFailure: true)
                return .stays
            }
        }
    }

    /// - Returns: whether it doesn't lie there any more.
    private func admitNow(
        _ name: String, queue: String?, _ reminder: Reminder
    ) throws(SpoolError) -> Bool {
        switch try Admit(context.storage).admit(name, queue: queue) {
        case .cancelled:
            context.failures.overcome(.file(reminder))
            return true
        case .admitted(let location):
            context.failures.overcome(.file(reminder))
            backlog.notice(location)
            return true
        case .rejected(let reason):
            context.failures.overcome(.file(reminder))
            context.report("rejected incoming/\(name): \(reason)")
            return true
        case .undecided(let time):
            context.reminders.add(reminder, after: time - context.storage.now())
        case .busy: context.reminders.add(reminder)
        case .beingWritten, .gone: context.failures.forget(.file(reminder))
        }
        return false
    }

    /// One that was to be looked at again.
    func retry(_ name: String, queue: String?) {
        guard isHeldUp else {
            admit(name, queue: queue)
            return
        }
        let end = context.failures.backOffEnd(of: .admission) ?? Clock.monotonic()
        context.reminders.add(.dropIn(name: name, queue: queue), at: end)
    }
}

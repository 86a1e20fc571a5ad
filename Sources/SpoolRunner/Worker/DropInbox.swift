import Spool
import SpoolSystem

/// The files that were dropped into incoming/ and are to be admitted: some at a time, so that jobs begin and end
/// meanwhile.
final class DropInbox {
    private let context: WorkerContext
    private let backlog: Backlog
    /// By time.
    private var dropIns: ArraySlice<(name: String, queue: String?)> = []
    /// Whether more lies there, and whether any of what was listed could be admitted.
    private var hasMore = false
    private var hasAdmitted = false

    init(_ context: WorkerContext, _ backlog: Backlog) {
        self.context = context
        self.backlog = backlog
    }

    var isEmpty: Bool { dropIns.isEmpty }

    /// Lists incoming/ once, for the backlog, and admits what was dropped there.
    func list() {
        // While some are still being admitted, a look at all others, of which there may be a million, would be for
        // nothing: they come next.
        guard let dropped = backlog.list(withDropIns: dropIns.isEmpty) else {
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
        hasAdmitted = false
        admitSome()
    }

    /// Admits some of what was dropped, and the rest later.
    func admitSome() {
        let end = Clock.monotonic() + WorkerContext.timeSlice
        while !isHeldUp, let dropIn = dropIns.popFirst() {
            // A file that has failed has a time of its own.
            if context.reminders.contains(.dropIn(name: dropIn.name, queue: dropIn.queue)) {
                continue
            }
            if admit(dropIn.name, queue: dropIn.queue) { hasAdmitted = true }
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
        if hasAdmitted { context.reminders.forgetCount(of: .dropIns) }
        context.reminders.add(.dropIns)
    }

    private var isHeldUp: Bool { context.failures.isBackingOff(.admission) }

    /// - Returns: whether it doesn't lie there any more.
    @discardableResult
    func admit(_ name: String, queue: String?) -> Bool {
        // A dot file, or something else that isn't meant for us.
        guard DropIn.isCandidate(name), !isHeldUp else { return false }
        let reminder = Reminder.dropIn(name: name, queue: queue)
        do throws(SpoolError) {
            let hasGone = try admitNow(name, queue: queue, reminder)
            if hasGone { context.failures.noteSuccess(in: .admission) }
            return hasGone
        } catch {
            context.failures.note(error, of: .file(reminder))
            context.reminders.add(reminder, isFailure: true)
            context.failures.backOff(.admission, concernsAll: false)
            return false
        }
    }

    private func admitNow(
        _ name: String, queue: String?, _ reminder: Reminder
    ) throws(SpoolError) -> Bool {
        switch try Admit(context.storage).admit(name, queue: queue) {
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

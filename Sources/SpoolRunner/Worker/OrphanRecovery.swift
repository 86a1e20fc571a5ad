import Spool
import SpoolSystem

/// Finds what the dead have left in running/, and brings it on.
final class OrphanRecovery {
    private let context: WorkerContext
    private let backlog: Backlog
    private let pool: RunnerPool
    /// Claims of a dead worker wait again, and its runners may not have been counted yet: nothing is claimed before the
    /// next look.
    private(set) var mustLookForRunners = false

    /// The most looks at a file that is locked though its owner has died.
    private static let mostLooks = 8

    init(_ context: WorkerContext, _ backlog: Backlog, _ pool: RunnerPool) {
        self.context = context
        self.backlog = backlog
        self.pool = pool
    }

    /// - Returns: whether somebody else seems to run jobs, and whether any that had not begun waits again.
    private func recoverAll() -> (areOthers: Bool, hasPutBack: Bool) {
        var (areOthers, hasPutBack) = (false, false)
        context.failures.attempt(.work("running"), again: .everything) { () throws(SpoolError) in
            let living = Set(
                try WorkerRegistry(context.storage).livingWorkers().filter(\.liveness.mayAct)
                    .map(\.id))
            for location in try Recover(context.storage).runningJobs()
            where !pool.holds(location) {
                switch recover(location) {
                case .alive: adopt(location, living: living)
                case .waits: hasPutBack = true
                case .elsewhere: break
                }
                if !pool.holds(location) { areOthers = true }
            }
        }
        return (areOthers, hasPutBack)
    }

    /// Looks at all of running/.
    func rescan() {
        let found = recoverAll()
        guard found.areOthers, found.hasPutBack else { return }
        mustLookForRunners = true
        context.reminders.add(.death)
    }

    /// Its runners go on, and count against our slots; what it had claimed goes back. Its locks end one after the
    /// other, and each after we are told of it, so a few more looks are worth it.
    ///
    /// - Parameter hasPutBack: whether something that it had claimed waits again already.
    func workerMayHaveDied(hasPutBack hadPutBack: Bool = false) {
        mustLookForRunners = false
        let (areOthers, hasPutBack) = recoverAll()
        guard areOthers, context.reminders.count(of: .death) < OrphanRecovery.mostLooks else {
            return
        }
        context.reminders.add(.death)
        // It may have been alive when this look began, and its runners not seen as its.
        mustLookForRunners = hasPutBack || hadPutBack
    }

    /// Somebody has closed a job's file, or may have.
    func recoverIfOrphaned(_ location: JobLocation) {
        // If it hadn't begun, it isn't its runner that has died.
        if recoverSurely(location) == .waits { workerMayHaveDied(hasPutBack: true) }
    }

    enum Found {
        case alive
        /// It hadn't begun, and waits again.
        case waits
        /// It has gone on, or is to be looked at again.
        case elsewhere
    }

    /// Recovers a job whose runner has certainly ended, or most likely. If its file is locked all the same, somebody
    /// may only be looking at it at this moment. It is worth a few more looks.
    @discardableResult
    func recoverSurely(_ location: JobLocation) -> Found {
        let reminder = Reminder.running(location)
        let found = recover(location)
        if found == .alive, context.reminders.count(of: reminder) < OrphanRecovery.mostLooks {
            context.reminders.add(reminder)
        }
        return found
    }

    private func recover(_ location: JobLocation) -> Found {
        let reminder = Reminder.running(location)
        do throws(SpoolError) {
            let found = try Recover(context.storage).recover(location)
            if case .resisting(let error) = found { throw error }
            context.failures.overcome(.file(reminder))
            switch found {
            case .alive: return .alive
            case .dying: context.reminders.add(reminder)
            case .recovered(let place):
                context.report("recovered \(location.id): now in \(place.directory)/")
                backlog.notice(place)
                if place.place == .incoming { return .waits }
            case .rejected(let reason): context.report("rejected \(location.path): \(reason)")
            case .uncertain(let time):
                context.reminders.add(reminder, after: time - context.storage.now())
            case .gone, .resisting: break
            }
        } catch {
            context.failures.note(error, of: .file(reminder))
            context.reminders.add(reminder, isFailure: true)
        }
        return .elsewhere
    }

    /// Counts the living runner of a dead worker of this host against our slots.
    private func adopt(_ location: JobLocation, living: Set<String>) {
        guard let job = try? JobReader(context.storage).read(location),
            let attempt = job.attempts?.last,
            // With its end on record, its slots are free, and its runner may run another job already.
            attempt.number == location.name.attempt, attempt.outcome == nil,
            !living.contains(attempt.worker), !pool.holds(location),
            attempt.liveness.isAlive == true
        else { return }
        pool.adopt(attempt.runner.pid, job, at: location)
    }
}

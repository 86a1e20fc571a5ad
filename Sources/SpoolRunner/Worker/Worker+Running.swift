import Spool
import SpoolSystem

extension Worker {
    var usedSlots: Int {
        running.values.reduce(0) { $0 + ($1.isEnding ? 0 : $1.job.slots) }
            + unwatchedRunners.values.reduce(0) { $0 + $1.slots }
    }

    /// Whether another job may be started: a slot is free, and the disk keeps up with the ends of those before.
    private var hasRoom: Bool {
        usedSlots < settings.slots
            && running.values.count { $0.isEnding } < Worker.endingLimit + settings.slots
    }

    /// How many runners may be writing ends beside those whose commands run: as many as gain from being synced
    /// together, and no more processes than needed.
    private static let endingLimit = 16

    /// Takes waiting jobs while there are free slots: the most urgent first, and never a later one because an
    /// earlier one needs more slots than are free now.
    func claimWhatFits() {
        defer { tellThatNothingComes() }
        guard hasLookedAfterRestart, !claimingRests, !mustLookForRunners else {
            return flushBatch()
        }
        defer { if waiting.isEmpty { dismissRestingLater() } }
        var isFresh = false
        while !isStopping, hasRoom, !claimingRests {
            if let claimed = takeFirstPrefetched() {
                run(claimed.job, claimedFrom: claimed.origin)
                continue
            }
            guard let next = waiting.first else {
                // A fresh list that ran dry without any progress would only be the same again.
                if waiting.isComplete || isFresh { return }
                isFresh = true
                listIncoming()
                continue
            }
            let free = settings.slots - usedSlots
            switch claim(next.location, freeSlots: free, take: run) {
            case .progress: isFresh = false
            case .busy: break
            case .rest: return
            }
            waiting.remove(next)
        }
        tellThatNothingComes()
        guard !isStopping, !claimingRests else { return flushBatch() }
        handOutPrefetched()
        prefetchJobs()
    }

    enum Step {
        /// The job is out of the way, here or elsewhere.
        case progress
        /// It can't be had now; a reminder is set.
        case busy
        /// Claiming must rest: the job stays the next one.
        case rest
    }

    /// - Parameter take: gets the job, and where it waited.
    func claim(
        _ location: JobLocation, freeSlots: Int, take: (LockedJob, JobLocation) -> Void
    ) -> Step {
        do throws(SpoolError) {
            switch try spool.claim(location, for: settings.offer, freeSlots: freeSlots) {
            case .claimed(let locked):
                noteSuccess(in: .claiming)
                take(locked, location)
            case .tooLarge: return .rest
            case .ineligible: ineligible.insert(location.id)
            case .busy:
                guard try spool.exists(location) else { return .progress }
                remind(.waiting(location))
                return .busy
            case .rejected(let reason): report("rejected \(location.path): \(reason)")
            case .readmitted(let copy): noticeWaiting(copy)
            case .expired, .cancelled, .gone: break
            }
            if !attempts.isEmpty { attempts[.waiting(location)] = nil }
            overcome(.file(.waiting(location)))
            return .progress
        } catch {
            tell(error, of: .file(.waiting(location)))
            rest(.claiming, concernsAll: error.concernsAll)
            if error.concernsAll { return .rest }
            // One file that can't be read or moved must not stop the others.
            remind(.waiting(location), isFailure: true)
            return .busy
        }
    }

    // MARK: The dead

    /// - Returns: whether somebody else seems to run jobs, and whether any that had not begun waits again.
    func recoverAll() -> (areOthers: Bool, hasPutBack: Bool) {
        var (areOthers, hasPutBack) = (false, false)
        attempt(.work("running"), again: .everything) { () throws(SpoolError) in
            let living = Set(try spool.livingWorkers().filter(\.liveness.mayAct).map(\.id))
            for location in try spool.runningJobs() where !isOurs(location) {
                switch recover(location) {
                case .alive: adopt(location, living: living)
                case .waits: hasPutBack = true
                case .settled: break
                }
                if !isOurs(location) { areOthers = true }
            }
        }
        return (areOthers, hasPutBack)
    }

    private func isOurs(_ location: JobLocation) -> Bool {
        running.values.contains { $0.job.location == location || $0.next?.job.location == location }
            || unwatchedRunners.values.contains { $0.location == location }
    }

    /// Its runners go on, and count against our slots; what it had claimed goes back. Its locks end one after the
    /// other, and each after we are told of it, so a few more looks are worth it.
    ///
    /// - Parameter hasPutBack: whether something that it had claimed waits again already.
    func workerMayHaveDied(hasPutBack hadPutBack: Bool = false) {
        mustLookForRunners = false
        let (areOthers, hasPutBack) = recoverAll()
        guard areOthers, attempts[.death, default: 0] < 8 else { return }
        remind(.death)
        // It may have been alive when this look began, and its runners not seen as its.
        mustLookForRunners = hasPutBack || hadPutBack
    }

    /// Somebody has let go of a job's file, or may have.
    func recoverIfOrphaned(_ location: JobLocation) {
        // Where it hadn't begun, it isn't its runner that has died.
        if recoverSurely(location) == .waits { workerMayHaveDied(hasPutBack: true) }
    }

    enum Found { case alive, waits, settled }

    /// Recovers a job whose runner has certainly ended, or most likely. Where its file is locked all the same,
    /// somebody may only be looking at it this very moment, so it is worth a few more looks.
    @discardableResult
    func recoverSurely(_ location: JobLocation) -> Found {
        let reminder = Reminder.running(location)
        let found = recover(location)
        if found == .alive, attempts[reminder, default: 0] < 8 { remind(reminder) }
        return found
    }

    @discardableResult
    func recover(_ location: JobLocation) -> Found {
        let reminder = Reminder.running(location)
        do throws(SpoolError) {
            let found = try spool.recover(location)
            if case .resisting(let error) = found { throw error }
            overcome(.file(reminder))
            switch found {
            case .alive: return .alive
            case .dying: remind(reminder)
            case .recovered(let place):
                report("recovered \(location.id): now in \(place.directory)/")
                noticeWaiting(place)
                if place.place == .scheduled { timetable.insert(place.name) }
                if place.place == .incoming { return .waits }
            case .rejected(let reason): report("rejected \(location.path): \(reason)")
            case .uncertain(let time): remind(reminder, after: time)
            case .gone, .resisting: break
            }
        } catch {
            tell(error, of: .file(reminder))
            remind(reminder, isFailure: true)
        }
        return .settled
    }

    /// Counts the living runner of a dead worker of this host against our slots.
    private func adopt(_ location: JobLocation, living: Set<String>) {
        guard let job = try? spool.read(location), let attempt = job.attempts?.last,
            attempt.number == location.name.attempt, !living.contains(attempt.worker),
            !isOurs(location)
        else { return }
        guard attempt.liveness.isAlive == true else { return }
        // If it ends in between, the descriptor says so at once, or can't be had.
        try? watchRunner(
            attempt.runner.pid, nil, Assignment(job, at: location, slots: settings.slots))
    }
}

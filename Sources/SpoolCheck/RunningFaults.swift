import Spool
import SpoolSystem
import SpoolTime

/// Running jobs whose owner is dead.
struct RunningFaults {
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    /// How long a claimed file may lie in running/ before its lock is asked for. A look at a lock is itself a lock for
    /// an instant. A worker that recovers the job would take that lock for its runner's.
    private static let settlingTime = TimeSpan.seconds(1)

    func faults(
        of location: JobLocation, _ job: Job, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        let attempt = job.attempts?.last.flatMap {
            $0.number == location.name.attempt ? $0 : nil
        }
        let liveness = attempt?.liveness
        if let liveness, liveness.isAlive == true, try liveness.serves(storage) { return [] }
        let isForeign = liveness?.place == .elsewhere && attempt?.outcome == nil
        let sign = Instant(nanoseconds: status.modified)
        if isForeign, storage.now() < sign + Recover.lease { return [] }
        guard context.isOlder(status, than: RunningFaults.settlingTime),
            try context.isUnlocked(location.path, status)
        else { return [] }
        let prospect = try self.prospect(of: job, attempt)
        return [
            Fault(
                .deadOwner, location.path, "nobody runs it: " + prospect, job: location.id
            ) { [self] () throws(SpoolError) -> Fault.Mend? in try recover(location) }
        ]
    }

    /// A running job's file that isn't whole, but has another file that says what it was.
    func lostRecord(
        _ location: JobLocation, _ reason: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        guard try context.isUnlocked(location.path, status) else { return [] }
        return [
            Fault(
                .notAJob, location.path,
                reason + "; its attempt may have begun, and ends as interrupted", job: location.id
            ) { [self] () throws(SpoolError) -> Fault.Mend? in try recover(location) }
        ]
    }

    /// The result of a recovery, for people.
    private func prospect(of job: Job, _ attempt: Attempt?) throws(SpoolError) -> String {
        guard let attempt else {
            if job.mustNotBeginTwice, try BootMarks(storage).isFromEarlierBoot() {
                return "the machine went down, and it may have begun: it ends as interrupted"
            }
            return "its command hadn't begun, and it waits again"
        }
        if attempt.outcome != nil { return "its end is recorded, and it goes where that leads" }
        if attempt.liveness.isAlive == true {
            return "the spool is a copy, made while the job ran (pid \(attempt.runner.pid)), and"
                + " attempt \(attempt.number) ends as cancelled"
        }
        return attempt.liveness.place != .earlierBoot
            ? "its runner (pid \(attempt.runner.pid) on \(attempt.host)) is dead, and attempt"
                + " \(attempt.number) ends as interrupted"
            : "the machine went down meanwhile, and attempt \(attempt.number) ends as interrupted"
    }

    private func recover(_ location: JobLocation) throws(SpoolError) -> Fault.Mend? {
        for _ in 0..<500 {
            switch try Recover(storage).recover(location) {
            case .recovered(let target): return .moved("brought to \(target.path)")
            case .rejected: return .moved("taken to dead-letter/")
            // The processes left of its command have been killed, and are about to be gone.
            case .dying: Sleep.briefly()
            case .resisting(let error): throw error
            case .alive, .uncertain, .gone: return nil
            }
        }
        return nil
    }
}

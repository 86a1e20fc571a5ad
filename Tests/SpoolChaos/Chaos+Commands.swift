import Glibc
import SpoolTestSupport

/// Cancellers, retryers, movers, waiters, readers and cleaners: the commands about jobs that exist.
extension Chaos {
    /// A job that lies in one of these places now, and that nobody is cleaning away.
    func anyJob(in places: [String]) -> (file: FoundFile, record: JobRecord)? {
        guard let place = pick(places) else { return nil }
        let files = tree.files(place)
        guard let file = pick(files), let id = file.id else { return nil }
        guard let record = ledger.records[id] ?? identify(file, id) else { return nil }
        return record.isBeingCleaned || record.account.openSubmissions > 0 ? nil : (file, record)
    }

    func identify(_ file: FoundFile, _ id: String) -> JobRecord? {
        guard let job = tree.read(file), let token = job.token else { return nil }
        guard let record = ledger.record(id, token: token, missed: job.missed) else {
            ledger.violate("\(file.path) has a token that nobody was given", token: token)
            return nil
        }
        return record
    }

    /// Starts `spool` about one job.
    private func command(
        _ kind: Actor.Kind, _ words: [String], _ record: JobRecord,
        ended: @escaping (Actor, ProgramResult) -> Void
    ) {
        let clock = chance(3) ? host.wrongClock((chance(50) ? 1 : -1) * number(60...10_000)) : [:]
        ledger.tell(record, words.joined(separator: " "))
        record.inFlight += 1
        do {
            let actor = try pool.start(kind, [host.binary] + words, environment: clock) {
                [self] actor, result in
                record.inFlight -= 1
                ledger.tell(
                    record, "\(words[0]) ended: \(result.status) \(result.errorText.prefix(200))")
                ended(actor, result)
            }
            mayHurt(actor)
        } catch {
            record.inFlight -= 1
        }
    }

    func cancelJobs() {
        guard let (_, record) = anyJob(in: ["incoming", "scheduled", "held", "running"]) else {
            return
        }
        command(.changer, ["cancel", record.id], record) { [host] _, result in
            if result.status == 0 { record.cancellations.append(host.proofSize) }
        }
    }

    func retryJobs() {
        guard let (_, record) = anyJob(in: chance(30) ? ["done"] : ["failed", "dead-letter"]) else {
            return
        }
        // From here on it may begin once more.
        record.rounds += 1
        command(.changer, ["retry", "--no-start", record.id], record) { _, _ in }
    }

    func holdOrRelease() {
        let holds = chance(60)
        guard let (_, record) = anyJob(in: holds ? ["incoming", "scheduled"] : ["held"]) else {
            return
        }
        let words = holds ? ["hold", record.id] : ["release", "--no-start", record.id]
        command(.changer, words, record) { _, _ in }
    }

    func moveOrEdit() {
        guard let (_, record) = anyJob(in: ["incoming", "scheduled", "held"]) else { return }
        let queue = pick(JobPlan.queues) ?? "default"
        let words: [String] =
            switch number(0...3) {
            case 0: ["move", "-p", "\(number(0...9))", record.id]
            case 1: ["move", "-q", queue, record.id]
            case 2: ["move", chance(50) ? "--now" : "--at=1s", record.id]
            default: ["edit", record.id, "name=chaos-\(number(0...99))"]
            }
        command(.changer, words, record) { _, _ in }
    }

    // MARK: Waiters

    func waitForJob() {
        guard let (_, record) = anyJob(in: Tree.waiting + ["running", "running"]) else { return }
        command(.waiter, ["wait", "-t", "20s", record.id], record) { [self] actor, result in
            waitEnded(record, actor, result)
        }
    }

    func waitEnded(_ record: JobRecord, _ actor: Actor, _ result: ProgramResult) {
        guard !actor.isKilled else { return }
        let isTimeout = result.status == 75 && result.errorText.contains("still not ended")
        let isFault = [73, 74].contains(result.status) && pool.wasDisturbed(actor)
        if !isTimeout && !isFault { record.waits.append(result.status) }
    }

    // MARK: Readers and pausers

    func readSomething() {
        var words =
            pick([
                ["list", "-a"], ["list", "--json"], ["list", "--failed"], ["cron", "list"],
                ["cron", "check"], ["cron", "next", "all"],
            ]) ?? []
        if chance(50), let (_, record) = anyJob(in: Tree.all) {
            words = [pick(["status", "logs"]) ?? "status", record.id]
        }
        if let actor = try? pool.start(.reader, [host.binary] + words, ended: { _, _ in }) {
            mayHurt(actor)
        }
    }

    func pauseAWhile() {
        let queues = chance(50) ? [] : [pick(JobPlan.queues) ?? "default"]
        host.note("pause \(queues)")
        _ = try? pool.start(.changer, [host.binary, "pause"] + queues) { _, _ in }
        after(100...900) { [self] in
            _ = try? pool.start(
                .changer, [host.binary, "resume", "--no-start"] + queues, ended: { _, _ in })
        }
    }
}

import SpoolTestSupport

/// The rules of one job.
extension Audit {
    func checkJob(_ record: JobRecord) {
        let begins = self.begins[record.id] ?? []
        let most = record.account.plan.maxAttempts * (1 + record.rounds)
        if begins.count > most {
            ledger.violate("it began \(begins.count) times, of \(most) allowed", id: record.id)
        }
        let numbers = begins.map(\.attempt.number)
        if Set(numbers).count != numbers.count {
            ledger.violate("an attempt began twice: \(numbers)", id: record.id)
        }
        // What was cleaned away was read before; what came back since is read again.
        guard let job = found[record.id]?.first?.job ?? record.last else { return }
        for begin in begins { checkRecorded(begin, job, record) }
        for attempt in job.attempts ?? [] { checkAttempt(attempt, record) }
        checkPlace(job, record)
        checkWaits(job, record)
        if let file = found[record.id]?.first {
            LogAudit(chaos).check(record, file.job)
        }
    }

    private func plan(_ record: JobRecord) -> JobPlan { record.account.plan }

    /// Every begin is on record, and none came after a cancellation was acknowledged.
    private func checkRecorded(_ begin: Proof.Begin, _ job: FoundJob, _ record: JobRecord) {
        let number = begin.attempt.number
        guard let attempt = job.attempts?.first(where: { $0.number == number }) else {
            if endedUnderNewID(record, attempt: number) { return }
            ledger.violate("attempt \(number) began and isn't on record", id: record.id)
            return
        }
        guard record.rounds == 0, let cancelled = record.cancellations.min(),
            begin.offset >= cancelled
        else { return }
        // One that was being started when the request came may show its begin late, but is stopped.
        if attempt.outcome == "completed" || attempt.outcome == "failed" {
            ledger.violate(
                "attempt \(number) began after its cancellation was acknowledged, and ended as"
                    + " \(attempt.outcome ?? "")", id: record.id)
        }
    }

    /// Whether a copy that was made by hand began under the id of another file, and ended under one of its own.
    private func endedUnderNewID(_ record: JobRecord, attempt number: Int) -> Bool {
        guard record.wasCopied else { return false }
        return ledger.records.values.contains { other in
            guard other !== record, other.account === record.account,
                let job = found[other.id]?.first?.job ?? other.last
            else { return false }
            return job.attempts?.contains { $0.number == number } == true
        }
    }

    /// What is on record has happened.
    private func checkAttempt(_ attempt: FoundJob.Attempt, _ record: JobRecord) {
        let ended = proof.ends[Proof.Try(id: record.id, number: attempt.number)]
        guard let outcome = attempt.outcome else {
            return ledger.violate("attempt \(attempt.number) has no outcome", id: record.id)
        }
        guard let code = attempt.exit_code else {
            if outcome == "completed" {
                ledger.violate("attempt \(attempt.number) has no exit code", id: record.id)
            }
            return
        }
        if ended != code {
            ledger.violate(
                "attempt \(attempt.number) has exit code \(code) on record, and \(ended ?? -1) in"
                    + " the proof", id: record.id)
        }
        if outcome == "completed" && code != 0 {
            ledger.violate("attempt \(attempt.number) completed with \(code)", id: record.id)
        }
    }

    /// The place is the one that the last attempt leads to.
    private func checkPlace(_ job: FoundJob, _ record: JobRecord) {
        guard let file = found[record.id]?.first?.file, let last = job.attempts?.last else {
            return
        }
        let wasCancelled = job.state == "cancelled"
        switch file.place {
        case "done" where last.outcome != "completed":
            ledger.violate("it is in done/, and was \(last.outcome ?? "")", id: record.id)
        case "failed" where last.outcome == "completed" && !wasCancelled:
            ledger.violate("it is in failed/, and was completed", id: record.id)
        case "dead-letter":
            let tries = (job.attempts?.count ?? 0) - (job.earlier_attempts ?? 0)
            if tries < plan(record).maxAttempts || plan(record).maxAttempts == 1 {
                ledger.violate("it is in dead-letter/ after \(tries) tries", id: record.id)
            }
        default: break
        }
        // Retried and cancelled ones apart, a job with tries left is tried again.
        if file.place == "failed", plan(record).maxAttempts > 1, !wasCancelled,
            ["interrupted", "timed_out"].contains(last.outcome)
        {
            ledger.violate("it is in failed/, and had tries left or is dead", id: record.id)
        }
    }

    /// Whoever waited got what the job's end says.
    private func checkWaits(_ job: FoundJob, _ record: JobRecord) {
        guard !record.waits.isEmpty else { return }
        var allowed: Set<Int32> = []
        if record.mayBeRemoved { allowed.insert(66) }
        if record.rounds == 0 {
            allowed.insert(Audit.waitStatus(job, isDone: job.state == "completed"))
        } else {
            // Of several rounds, it is the end of any.
            for attempt in job.attempts ?? [] {
                allowed.insert(Audit.waitStatus(attempt, isDone: attempt.outcome == "completed"))
            }
            allowed.insert(125)
        }
        for status in record.waits where !allowed.contains(status) {
            let wanted = allowed.sorted().map { "\($0)" }.joined(separator: " or ")
            ledger.violate("who waited got \(status), not \(wanted)", id: record.id)
        }
    }

    /// As spool(1) has it under EXIT STATUS.
    private static func waitStatus(_ job: FoundJob, isDone: Bool) -> Int32 {
        guard let last = job.attempts?.last else { return 125 }
        if job.state == "cancelled" && last.outcome != "cancelled" { return 125 }
        return waitStatus(last, isDone: isDone)
    }

    private static let signals: [String: Int32] = [
        "SIGHUP": 1, "SIGINT": 2, "SIGKILL": 9, "SIGPIPE": 13, "SIGTERM": 15,
    ]

    private static func waitStatus(_ attempt: FoundJob.Attempt, isDone: Bool) -> Int32 {
        if isDone { return 0 }
        if attempt.outcome == "timed_out" { return 124 }
        if let code = attempt.exit_code { return code == 0 ? 1 : Int32(code) }
        if let signal = attempt.signal { return 128 + (signals[signal] ?? 0) }
        return attempt.command == nil ? 125 : 1
    }
}

import Spool
import SpoolRunner
import SpoolSystem
import SpoolTime

/// Looks at all that an overview is about.
struct OverviewSurvey {
    private let spool: SpoolDirectory
    let census: Census
    private let workerSurvey: WorkerSurvey
    /// Those that take jobs.
    private var workers: [WorkerRecord] { workerSurvey.open }
    /// Whether others take jobs as well: nobody knows which ones.
    private var areOthers: Bool { workerSurvey.undescribed > 0 }
    private let pauses: Pauses
    private let now: Instant

    init(_ spool: SpoolDirectory) throws(SpoolError) {
        self.spool = spool
        now = spool.storage.now()
        census = try JobCounts(spool.storage).census()
        workerSurvey = try WorkerRegistry(spool.storage).survey()
        pauses = try spool.pauses()
    }

    func overview() throws(SpoolError) -> Overview {
        let running = census.running.prefix(OverviewSurvey.readLimit).compactMap { location in
            JobReader(spool.storage).entry(at: location).map { (location, $0) }
        }
        let total = workers.reduce(0) { $0.clampedSum($1.slots) }
        let used = running.reduce(0) { $0 + ($1.1.job?.effectiveSlots ?? 1) }
        let space = try spool.storage.space()
        let scheduler = try scheduler()
        let oldest = census.oldest.flatMap { JobReader(spool.storage).entry(at: $0) }
        var problems = waitingProblems(oldest, lacksScheduler: scheduler.state.isMissing)
        let lost = running.count { hasLostItsRunner($0.1, at: $0.0) }
        if lost > 0 {
            problems.append(
                Overview.Problem(
                    code: .deadRunner,
                    message: MessageText.count(lost, "job") + " in running/ lost the runner"
                        + " ('spool check' says which)"))
        }
        if let problem = unfiledProblem(running) { problems.append(problem) }
        problems += census.obstacles.sorted().map { name in
            Overview.Problem(
                code: .blockedQueue,
                message: "incoming/\(name) is no directory, so no job of the queue \(name) can wait"
                    + " there ('spool check' says more)")
        }
        problems += scheduler.problems
        do throws(SpoolError) {
            _ = try SettingsFile.read(spool)
        } catch {
            problems.append(Overview.Problem(code: .badSettings, message: error.message))
        }
        problems += diskProblems(space)
        return Overview(
            spool: spool.path,
            workers: workerSurvey.described.map {
                Overview.Worker(
                    pid: $0.process.pid, host: $0.host, slots: $0.slots, queues: $0.queues,
                    isDraining: $0.isDraining, startedAt: $0.startedAt)
            },
            slots: Overview.Slots(used: min(used, total), total: total),
            scheduler: scheduler.state,
            paused: Overview.Paused(all: pauses.isEverything, queues: pauses.queues.sorted()),
            jobs: Dictionary(
                uniqueKeysWithValues: Overview.states.map { ($0.name, census[$0.place]) }),
            oldest: census.oldest.flatMap { shown(oldest, at: $0) },
            failuresToday: try failuresToday(),
            disk: Overview.Disk(available: space.available, total: space.total),
            problems: problems)
    }

    private func shown(_ entry: JobEntry?, at location: JobLocation) -> Overview.Oldest? {
        guard let entry else { return nil }
        return Overview.Oldest(
            id: location.id,
            since: entry.job?.submittedAt ?? Instant(milliseconds: location.id.milliseconds),
            title: entry.job?.title ?? entry.path)
    }

    /// How many files are read of what runs: an overview is quick.
    private static let readLimit = 2000

    // MARK: What is wrong

    /// - Parameter lacksScheduler: whether a daemon, which has both, is wanted in place of a worker.
    private func waitingProblems(
        _ oldest: JobEntry?, lacksScheduler: Bool
    ) -> [Overview.Problem] {
        var problems: [Overview.Problem] = []
        let missing =
            "no worker is running: start " + (lacksScheduler ? "'spool daemon'" : "'spool worker'")
        func found(_ code: Overview.Problem.Code, _ message: String) {
            problems.append(Overview.Problem(code: code, message: message))
        }
        let ready = census.queued.filter { $0.value > 0 && !pauses.contains($0.key) }
        let due = census.soonest?.name.due
        if areOthers {
            let count = workerSurvey.undescribed
            found(
                .badWorker,
                (count == 1
                    ? "a worker runs whose file doesn't describe it"
                    : "\(count) workers run whose files don't describe them")
                    + ": 'spool check' says which")
        } else if workers.isEmpty {
            let count = ready.values.reduce(0, +)
            if count > 0 {
                found(
                    .noWorker,
                    "\(OverviewSurvey.waiting(count)), and \(missing)")
            } else if let due, due <= now {
                found(.noWorker, "a job is due, and \(missing)")
            }
            return problems
        }
        for (queue, count) in ready.sorted(by: { $0.key < $1.key })
        where !areOthers && !workers.contains(where: { $0.serves(queue) }) {
            found(
                .unserved,
                OverviewSurvey.waiting(count) + " in the queue \(queue), which no worker serves")
        }
        if !areOthers, let location = census.oldest, let job = oldest?.job,
            let message = unoffered(job, at: location)
        {
            found(.unoffered, message)
        }
        // A worker brings it in at once, unless it has very many others to bring in.
        if let due, let id = census.soonest?.id, now - due > .seconds(60) {
            found(.overdue, "\(id) was due \(Ago.text(now - due)) ago, and no worker took it")
        }
        return problems
    }

    private static func waiting(_ count: Int) -> String {
        count == 1 ? "1 job waits" : "\(count) jobs wait"
    }

    /// The problem of a job that no worker can run for what it requires; nil if one can.
    private func unoffered(_ job: Job, at location: JobLocation) -> String? {
        let queue = location.queue ?? job.effectiveQueue
        let serving = workers.filter { $0.serves(queue) }
        // That nobody serves the queue is another problem.
        let candidates = serving.isEmpty ? workers : serving
        guard WaitReasons.able(candidates, for: job).isEmpty else { return nil }
        let wanted = job.requires ?? []
        let whose = serving.isEmpty ? "" : " of the queue \(queue)"
        let rest =
            wanted.count == 1
            ? "which no worker\(whose) offers" : "and no worker\(whose) offers all of that"
        return "\(location.id) requires \(wanted.joined(separator: ", ")), " + rest
    }

    /// Whether the process that ran it is dead; whose file was claimed only just now says nothing of that.
    private func hasLostItsRunner(_ entry: JobEntry, at location: JobLocation) -> Bool {
        guard let attempt = entry.job?.attempts?.last,
            attempt.number == location.name.attempt,
            now - attempt.startedAt > .seconds(2)
        else { return false }
        if attempt.liveness.isAlive != false { return false }
        // It may have ended between the two looks.
        return (try? spool.storage.isThere(location.path)) ?? false
    }

    /// Jobs that have ended, and whose runners can't bring them to where they belong.
    private func unfiledProblem(_ running: [(JobLocation, JobEntry)]) -> Overview.Problem? {
        let stuck = running.filter { location, entry in
            guard let attempt = entry.job?.attempts?.last,
                attempt.number == location.name.attempt, attempt.outcome != nil,
                let end = attempt.finishedAt, now - end > .seconds(3),
                !hasLostItsRunner(entry, at: location)
            else { return false }
            // Of what can't be looked at nothing is said here.
            return (try? spool.storage.isThere(location.path)) ?? false
        }
        guard let first = stuck.first else { return nil }
        let which =
            stuck.count == 1
            ? "\(first.0.id) has ended, and can't leave running/"
            : "\(stuck.count) jobs have ended, and can't leave running/"
        return Overview.Problem(
            code: .unfiled,
            message: which
                + ": 'spool check' looks for what is in the way, and the worker has said it")
    }

    private func diskProblems(_ space: FileSystem.Space) -> [Overview.Problem] {
        if space.isReadOnly {
            return [
                Overview.Problem(
                    code: .readOnly, message: "the file system is mounted read-only: no job moves")
            ]
        }
        guard space.available == 0 || space.availableFiles == 0 else { return [] }
        let what = space.available == 0 ? "room" : "inodes"
        return [
            Overview.Problem(
                code: .diskFull,
                message:
                    "the file system has no \(what) left: 'spool clean --all --older 0' removes all ended"
                    + " jobs")
        ]
    }

    // MARK: What recurs

    private func scheduler() throws(SpoolError) -> (
        state: Overview.Scheduler, problems: [Overview.Problem]
    ) {
        var problems: [Overview.Problem] = []
        var count = 0
        do throws(SpoolError) {
            let entries = try CronEntries(in: spool)
            count = entries.all.count
            for table in entries.tables where !table.errors.isEmpty {
                problems.append(
                    Overview.Problem(
                        code: .badCrontab,
                        message: "\(table.file) can't be used as it is now: 'spool cron check'"
                            + " says why"))
            }
        } catch {
            problems.append(Overview.Problem(code: .badCrontab, message: error.message))
        }
        let isRunning = try spool.isScheduling()
        let record = isRunning == false ? nil : try spool.schedulerRecord()
        let state = Overview.Scheduler(
            isRunning: isRunning, pid: record?.process.pid, host: record?.host, entries: count)
        if state.isMissing {
            let helper = workers.isEmpty && !areOthers ? "'spool daemon'" : "'spool scheduler'"
            problems.append(
                Overview.Problem(
                    code: .noScheduler,
                    message: "no scheduler is running, so nothing is queued: start \(helper)"))
        }
        if let problem = try unqueuedProblem(isRunning != false) { problems.append(problem) }
        return (state, problems)
    }

    /// Slots whose jobs something keeps from being queued.
    ///
    /// - Parameter isTried: whether a scheduler may be trying. A dead one may have left a job that nothing is in the way of.
    private func unqueuedProblem(_ isTried: Bool) throws(SpoolError) -> Overview.Problem? {
        let stuck = try SlotMarkers(spool.storage).unplaced().filter { now - $0.at > .seconds(5) }
        guard let first = stuck.first else { return nil }
        let which =
            stuck.count == 1
            ? "the entry \(first.entry) has a job that can't be queued"
            : "\(stuck.count) entries have jobs that can't be queued"
        return Overview.Problem(
            code: .unqueued,
            message: which
                + (isTried
                    ? ": 'spool check' looks for what is in the way, and the messages of the scheduler"
                        + " say it (a daemon's are in logs/daemon.log)"
                    : " while no scheduler is running: the next one tries, and says what is in the way")
        )
    }

    // MARK: What failed

    /// Since midnight by the clock of this machine, among the newest that the census has kept.
    private func failuresToday() throws(SpoolError) -> Int {
        guard !census.failed.isEmpty || census.rejected > 0 else { return 0 }
        // If the zone can't be read, which `spool cron` says, the day is that of UTC.
        let zone = (try? CrontabRules.ofThisMachine().zone) ?? .utc
        let midnight = zone.startOfDay(of: now)
        var count = 0
        for location in census.failed {
            guard let moved = JobReader(spool.storage).lastChange(of: location), moved >= midnight
            else {
                continue
            }
            guard let entry = JobReader(spool.storage).entry(at: location),
                JobFilter.failed.contains(entry.state),
                entry.job?.finishedAt.map({ $0 >= midnight }) ?? true
            else { continue }
            count += 1
        }
        guard census.rejected > 0 else { return count }
        return count
            + (try RejectedFiles(spool.storage).all().count { entry in
                JobReader(spool.storage).lastChange(of: entry).map { $0 >= midnight } ?? false
            })
    }
}

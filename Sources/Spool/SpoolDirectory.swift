import SpoolSystem
import SpoolTime

/// A spool: a directory whose files are the whole state of a queue. Layout and rules: spool-format(5).
///
/// Any number of processes may use one spool at once; the one that renames first wins. The object holds nothing but the
/// open directory, and today's history.
///
/// Each method stands for a value that does the work on the same `Storage`.
public final class SpoolDirectory: Sendable {
    package let storage: Storage

    /// Opens a spool.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the working directory.
    ///   - create: whether a directory that isn't there, or is empty, is made a spool.
    /// - Throws: `.notASpool`; `.inputOutput`; `.notFound` if there is none, and none is to be made. `.cannotCreate`,
    ///   also if the directory is another user's, others may write to it, or it would be made inside of another spool.
    public convenience init(at path: String, create: Bool = true) throws(SpoolError) {
        try self.init(at: path, create: create, rules: AdmissionRules())
    }

    package init(
        at path: String, create: Bool = true, rules: AdmissionRules,
        ids: JobIDGenerator = JobIDGenerator(),
        now: (@Sendable () -> Instant)? = nil
    ) throws(SpoolError) {
        let root = try SpoolPath.open(path, create: create)
        let opened = try SpoolPath.requireOwn(root, isNew: create)
        storage = Storage(root, opened: opened, rules: rules, ids: ids, now: now)
        try SpoolFormat(storage).check(create: create)
    }

    /// The path by which the spool was opened.
    public var path: String { storage.path }
}

// MARK: - Changing jobs

extension SpoolDirectory {
    /// Submits one job: when this returns, the job is in the spool, durably so unless its `sync` is off.
    ///
    /// - Parameter held: whether it waits in held/ until somebody releases it.
    /// - Returns: its id; if another job has its key, that job's.
    /// - Throws: `.invalidJob`, `.cannotCreate`, `.inputOutput`; then nothing was submitted.
    @discardableResult
    public func submit(_ job: Job, held: Bool = false) throws(SpoolError) -> JobID {
        try Submit(storage).place(job, held: held).id
    }

    /// Submits jobs in order, with one sync for all of them.
    ///
    /// - Parameter submitted: gets the id of each job that is in the spool. After an error it stays empty: the jobs
    ///   that have their place already are taken back, from the last one on. A job stays if a worker was quicker, if it
    ///   has a key, or if the disk refuses that too. That job and those before it are then submitted, and those behind it are not. If
    ///   even that can't be made durable, the error names them, and they get no place here.
    public func submit(
        _ jobs: [Job], held: Bool = false, submitted: inout [JobID]
    ) throws(SpoolError) {
        var jobsInSpool: [SubmittedJob] = []
        defer { submitted += jobsInSpool.map(\.id) }
        try Submit(storage).submit(jobs, held: held, submitted: &jobsInSpool)
    }

    /// Ends a job that waits, or asks the runner of a running one to stop it.
    ///
    /// - Parameter known: where it lay a moment ago, as for all these verbs: it is looked for there first.
    /// - Returns: true if it has ended, false if its runner has been asked.
    @discardableResult
    public func cancel(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> Bool {
        try Cancel(storage).cancel(id, at: known)
    }

    /// Takes a waiting job out of the queue until it is released.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    public func hold(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        try Hold(storage).hold(id, at: known)
    }

    /// Lets a held job go on.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    public func release(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        try Hold(storage).release(id, at: known)
    }

    /// Queues an ended job again: its tries start anew.
    public func retry(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        try Retry(storage).retry(id, at: known)
    }

    /// Changes when, how urgently or in which queue a waiting job is to run.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    public func move(
        _ id: JobID, at known: JobLocation? = nil, _ placement: Job.Placement
    ) throws(SpoolError) -> JobID {
        try Move(storage).move(id, at: known, placement)
    }

    /// Changes the fields that the user of a waiting job has written.
    ///
    /// - Parameter change: gets the job as its user wrote it; the queue's record stays.
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    public func edit(
        _ id: JobID, at known: JobLocation? = nil, _ change: (inout Job) throws(SpoolError) -> Void
    ) throws(SpoolError) -> JobID {
        try Edit(storage).edit(id, at: known, change)
    }

    /// Removes an ended job, with its log. Also removes anything that lies in dead-letter/ under a job's name.
    public func remove(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        try Remove(storage).remove(id, at: known)
    }

    /// Drops a file of dead-letter/ once more that wasn't a job, and is one now.
    ///
    /// - Parameter name: its name there.
    /// - Returns: false if no such file lies there.
    /// - Throws: `.invalidJob` if it would only be rejected again, and stays where it is.
    public func retryRejected(_ name: String) throws(SpoolError) -> Bool {
        try Retry(storage).retryRejected(name)
    }

    /// Removes a file of dead-letter/ that isn't a job, with its reason.
    public func removeRejected(_ entry: JobEntry) throws(SpoolError) {
        try Remove(storage).removeRejected(entry)
    }
}

// MARK: - Queues and crontabs

extension SpoolDirectory {
    /// Lets no job of a queue start any more; those that run go on.
    ///
    /// - Parameter queue: nil for all.
    public func pause(queue: String?) throws(SpoolError) {
        try PauseQueue(storage).pause(queue: queue)
    }

    /// Lets jobs start again.
    ///
    /// - Parameter queue: nil for all.
    /// - Returns: whether it was paused.
    public func resume(queue: String?) throws(SpoolError) -> Bool {
        try PauseQueue(storage).resume(queue: queue)
    }

    /// The queues that are paused now.
    public func pauses() throws(SpoolError) -> Pauses { try PauseQueue(storage).pauses() }

    /// Reads the spool's crontab and the files in cron.d/, and changes nothing.
    ///
    /// - Returns: a table for each file that is there, `crontab` first, then by name; one for cron.d/ itself if that
    ///   can't be read.
    /// - Throws: if the spool itself can't be read. The faults of a file stand in its table.
    public func entryTables(_ rules: CrontabRules) throws(SpoolError) -> [EntryTable] {
        try CrontabDirectory(storage).tables(rules)
    }

    /// Puts a checked text in the place of a crontab file, all at once and durably. The scheduler notices.
    ///
    /// - Parameter file: `crontab` or `cron.d/NAME`.
    /// - Returns: the path, below the spool, at which the former text lies now; nil if nothing was replaced that has
    ///   entries.
    /// - Throws: also if the former text can't be read and so not be kept.
    @discardableResult
    public func installCrontab(_ text: [UInt8], as file: String) throws(SpoolError) -> String? {
        try CrontabInstaller(storage).install(text, as: file).former
    }

    /// The last decision about an entry; nil if there was none.
    public func slotRecord(of entry: ScheduledEntry) throws(SpoolError) -> SlotRecord? {
        try SlotMarkers(storage).record(of: entry)
    }
}

// MARK: - Looking

extension SpoolDirectory {
    /// Finds the job that a person means: by its id, any unique beginning or end of it, its name, or its file's name.
    /// If the text is short, a name wins over a part of an id, which might be anybody's.
    ///
    /// - Throws: `.notFound`; `.ambiguous`, with the matches in the message.
    public func find(_ text: String) throws(SpoolError) -> JobLocation {
        try Resolver(storage).find(text)
    }

    /// The present facts about a job.
    ///
    /// - Throws: `.notFound` if there is no such job (any more).
    public func entry(of id: JobID) throws(SpoolError) -> JobEntry {
        try JobReader(storage).entry(of: id)
    }

    /// The jobs that a filter means, newest first.
    ///
    /// - Parameter limit: how many at most; nil: all.
    public func jobs(
        _ filter: Job.Filter = Job.Filter(), limit: Int? = nil
    ) throws(SpoolError) -> [JobEntry] {
        try FilteredJobs(storage).all(filter, limit: limit)
    }

    /// Waits for the end of a job, and blocks the thread meanwhile.
    ///
    /// - Parameter timeout: nil: as long as it takes.
    /// - Returns: the job as it has ended; nil if it hasn't within that time.
    /// - Throws: `.notFound` if there is no such job (any more).
    public func wait(for id: JobID, timeout: Duration? = nil) throws(SpoolError) -> JobEntry? {
        try EndedJobs(storage).wait(for: id, timeout: timeout)
    }

    /// The output of a job. Each `read` goes on where the one before has ended.
    ///
    /// - Parameter position: in bytes, at the beginning of a record, as an attempt's `log` says.
    public func log(of id: JobID, from position: Int64 = 0) -> LogReader {
        LogReader(storage, id, from: position)
    }

    /// Gives out the lines of the history in the order in which they were written.
    ///
    /// - Parameters:
    ///   - start: of the first line; nil: from the beginning.
    ///   - body: an error that it throws ends the reading.
    public func history(
        since start: Instant? = nil, _ body: (HistoryLine) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        try HistoryReader(storage).read(since: start, body)
    }

    /// The workers that live now and take jobs. The files of dead ones are removed on the way.
    public func workers() throws(SpoolError) -> [WorkerRecord] {
        try WorkerRegistry(storage).workers()
    }

    /// Whether the scheduler that became the leader last lives.
    ///
    /// - Returns: nil if that can't be told, as it is on another host.
    public func isScheduling() throws(SpoolError) -> Bool? {
        try Scheduling(storage).isScheduling()
    }

    /// The scheduler that became the leader last, dead or alive; nil if there was none.
    public func schedulerRecord() throws(SpoolError) -> SchedulerRecord? {
        try Scheduling(storage).schedulerRecord()
    }
}

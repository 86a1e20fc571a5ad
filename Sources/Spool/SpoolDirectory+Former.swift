import SpoolSchedule
import SpoolSystem
import SpoolTime

/// Members that callers still use by their former names.
extension SpoolDirectory {
    package func find(_ texts: [String]) throws(SpoolError) -> [JobLocation] {
        try Resolver(storage).find(texts)
    }
    package func exists(_ location: JobLocation) throws(SpoolError) -> Bool {
        try storage.exists(location)
    }

    package func space() throws(SpoolError) -> Directory.Space { try storage.space() }

    package func forEachEntry(
        in directory: String, _ body: (Directory.Entry) -> Void
    ) throws(SpoolError) { try storage.forEachEntry(in: directory, body) }

    package func forEachRawEntry(
        in directory: String, _ body: (Directory.RawEntry) -> Void
    ) throws(SpoolError) { try storage.forEachRawEntry(in: directory, body) }

    package func onListing<Value>(
        _ directory: String, _ body: () throws(Errno) -> Value
    ) throws(SpoolError) -> Value { try storage.onListing(directory, body) }

    package func withoutLinks<Value: ~Copyable>(
        to directory: String, _ body: () throws(SpoolError) -> Value
    ) throws(SpoolError) -> Value { try storage.withoutLinks(to: directory, body) }

    @discardableResult
    package func requireNoLink(onTheWayTo directory: String) throws(SpoolError) -> FileStatus? {
        try storage.requireNoLink(onTheWayTo: directory)
    }

    package func requireNoLink(_ directory: String, _ status: FileStatus) throws(SpoolError) {
        try storage.requireNoLink(directory, status)
    }

    package func contents(
        of name: String, limit: Int, isSteering: Bool = true
    ) throws(SpoolError) -> [UInt8]? {
        try storage.contents(of: name, limit: limit, isSteering: isSteering)
    }
    package func writeTemporary(_ bytes: [UInt8], sync: Job.SyncMode) throws(SpoolError)
        -> TemporaryFile
    { try FileWriter(storage).writeTemporary(bytes, sync: sync) }

    package func writeTemporary(
        _ bytes: [UInt8], as name: String, sync: Job.SyncMode
    ) throws(SpoolError) -> TemporaryFile {
        try FileWriter(storage).writeTemporary(bytes, as: name, sync: sync)
    }

    package func flushContent(of file: borrowing Descriptor) throws(Errno) {
        try FileWriter(storage).flushContent(of: file)
    }

    package func publish(
        _ bytes: [UInt8], as target: String, _ rule: Directory.RenameRule, sync: Job.SyncMode
    ) throws(SpoolError) { try FileWriter(storage).publish(bytes, as: target, rule, sync: sync) }

    package func replace(
        _ name: String, with text: [UInt8], expecting expected: [UInt8]?
    ) throws(SpoolError) { try FileWriter(storage).replace(name, with: text, expecting: expected) }

    package func publish(
        _ file: TemporaryFile, as target: String, _ rule: Directory.RenameRule,
        keepsOpen: Bool = false
    ) throws(SpoolError) {
        try FileWriter(storage).publish(file, as: target, rule, keepsOpen: keepsOpen)
    }

    package func syncDirectory(ofPath target: String) throws(SpoolError) {
        try storage.syncDirectory(ofPath: target)
    }
    package func move(
        _ locked: LockedJob, to target: JobLocation, _ verb: Transition.Verb, sync: Job.SyncMode,
        note: String? = nil
    ) throws(SpoolError) -> MoveResult {
        try JobFiles(storage).move(locked, to: target, verb, sync: sync, note: note)
    }

    func rename(
        _ file: LockedFile, from source: String, to target: JobLocation
    ) throws(SpoolError) -> MoveResult {
        try JobFiles(storage).rename(file, from: source, to: target)
    }

    package func rewrite(_ locked: LockedJob, isDurable: Bool) throws(SpoolError) -> Bool {
        try JobFiles(storage).rewrite(locked, isDurable: isDurable)
    }

    package func rewrite(
        _ locked: LockedJob, as job: Job, isDurable: Bool, keepsReplaced: Bool = false
    ) throws(SpoolError) -> Bool {
        try JobFiles(storage).rewrite(
            locked, as: job, isDurable: isDurable, keepsReplaced: keepsReplaced)
    }

    func exchange(
        _ temporary: TemporaryFile, saying job: Job, for locked: LockedJob
    ) throws(SpoolError) -> Bool {
        try JobFiles(storage).exchange(temporary, saying: job, for: locked)
    }
    func replaceKeepingBackup(_ locked: LockedJob, with job: Job) throws(SpoolError) -> Bool {
        try BackupCopies(storage).replaceKeepingBackup(locked, with: job)
    }

    func replaceUnsynced(_ locked: LockedJob, with job: Job) throws(SpoolError) -> Bool {
        try BackupCopies(storage).replaceUnsynced(locked, with: job)
    }

    package func flushEnd(of locked: LockedJob) throws(SpoolError) {
        try BackupCopies(storage).flushEnd(of: locked)
    }

    func flushRecord(of locked: LockedJob) throws(SpoolError) {
        try BackupCopies(storage).flushRecord(of: locked)
    }

    package func hasBackup(_ location: JobLocation) throws(SpoolError) -> Bool {
        try BackupCopies(storage).isThere(location)
    }

    func removeOtherNames(of file: LockedFile, at path: String) throws(SpoolError) -> Bool {
        try HalfMove(storage).removeOtherNames(of: file, at: path)
    }
    static func noSpool(at path: String, _ reason: String? = nil) -> SpoolError {
        SpoolPath.noSpool(at: path, reason)
    }

    package static func isAbsent(at path: String) -> Bool { SpoolPath.isAbsent(at: path) }

    static func requireOwnPlace(_ path: String) throws(SpoolError) {
        try SpoolPath.requireOwnPlace(path)
    }
    static func requireOwn(_ root: Directory, isNew: Bool) throws(SpoolError) -> FileStatus {
        try SpoolPath.requireOwn(root, isNew: isNew)
    }

    package static func becomeOwner(of path: String) throws(SpoolError) {
        try SpoolPath.becomeOwner(of: path)
    }

    static func octal(_ mode: UInt32) -> String { Storage.octal(mode) }

    package func requireClosedLayout() throws(SpoolError) {
        try Ownership(storage).requireClosedLayout()
    }

    package func handlerFault(_ type: String) throws(SpoolError) -> String? {
        try Ownership(storage).handlerFault(type)
    }

    func distrust(of file: borrowing Descriptor, _ status: FileStatus) -> String? {
        storage.distrust(of: file, status)
    }

    package func distrust(of status: FileStatus) -> String? { storage.distrust(of: status) }

    func checkCrontabName(_ file: String) throws(SpoolError) {
        try CrontabDirectory(storage).checkName(file)
    }

    package func crontabFiles() throws(SpoolError) -> CrontabFiles {
        try CrontabDirectory(storage).files()
    }

    package static func crontabProblem(_ error: SpoolError) -> String {
        CrontabDirectory.problem(error)
    }

    package static func isCrontabFile(_ file: String) -> Bool {
        CrontabDirectory.isFile(file)
    }

    package static func disambiguate(_ tables: inout [CronTable]) {
        CrontabDirectory.disambiguate(&tables)
    }
    package var hasRecurringJobs: Bool { CrontabSnapshots(storage).hasRecurringJobs }

    package func crontabStatus(_ file: String) throws(SpoolError) -> FileStatus? {
        try CrontabDirectory(storage).status(file)
    }

    package func isBeingWritten(_ file: String) -> Bool {
        CrontabDirectory(storage).isBeingWritten(file)
    }

    package func cronTable(
        _ file: String, _ rules: CrontabRules, _ previous: CronTable?
    ) throws(SpoolError) -> CronTable? {
        try CrontabDirectory(storage).table(file, rules, previous)
    }

    @discardableResult
    package func keep(_ table: CronTable) throws(SpoolError) -> String? {
        try CrontabSnapshots(storage).keep(table)
    }

    func keepFormer(_ text: [UInt8], as place: String) throws(SpoolError) -> String? {
        try CrontabSnapshots(storage).keepFormer(text, as: place)
    }

    package func strayCopies(except files: [String]) throws(SpoolError) -> [String] {
        try CrontabSnapshots(storage).strays(except: files)
    }

    package static func copy(of file: String) -> String { CrontabSnapshots.path(of: file) }

    package func forgetCopy(_ copy: String) throws(SpoolError) {
        try CrontabSnapshots(storage).forget(copy)
    }
    package func slotMarks() throws(SpoolError) -> [String: Instant] {
        try SlotMarkers(storage).marks()
    }

    package func slotRecord(_ marker: MarkerName) throws(SpoolError) -> SlotRecord? {
        try SlotMarkers(storage).record(marker)
    }

    func markers(bootID: String = Host.bootID) throws(SpoolError) -> MarkerList {
        try SlotMarkers(storage).list(bootID: bootID)
    }
    package func state(of pending: PendingJob) throws(SpoolError) -> PendingState {
        try PendingJobs(storage).state(of: pending)
    }

    func recordSlot(_ record: SlotRecord) { History(storage).recordSlot(record) }

    package func recordCrontab(_ file: String, note: String) {
        History(storage).recordCrontab(file, note: note)
    }
    package func slotRecords(of entries: [CronEntry]) throws(SpoolError) -> [String: SlotRecord] {
        try SlotMarkers(storage).records(of: entries)
    }

    package func installCrontab(
        _ text: [UInt8], as file: String, replacing expected: [UInt8]?
    ) throws(SpoolError) -> String? {
        try CrontabInstaller(storage).install(text, as: file, replacing: expected)
    }
    package func record(
        _ verb: Transition.Verb, _ job: Job?, from: JobLocation?, to: JobLocation?,
        note: String? = nil
    ) { History(storage).record(verb, job, from: from, to: to, note: note) }

    func recordSubmits(_ jobs: [Submission]) { History(storage).recordSubmits(jobs) }

    package func recordFile(
        _ verb: Transition.Verb, id: JobID?, _ job: Job?, from: String?, to: String?, note: String?
    ) { History(storage).recordFile(verb, id: id, job, from: from, to: to, note: note) }

    func write(_ lines: [HistoryLine]) { History(storage).write(lines) }
    package func admit(_ name: String, queue: String?) throws(SpoolError) -> Admission {
        try Admit(storage).admit(name, queue: queue)
    }

    package func reject(_ source: String, name: String, reason: String) throws(SpoolError)
        -> Admission
    { try Reject(storage).reject(source, name: name, reason: reason) }

    package func rejectForeign(_ name: [CChar], in directory: String) throws(SpoolError) {
        try Reject(storage).rejectForeign(name, in: directory)
    }

    package func bootMark() throws(SpoolError) -> BootMark { try BootMarks(storage).own() }

    package func setBootMark() throws(SpoolError) { try BootMarks(storage).set() }

    package static func requireBootID() throws(SpoolError) { try BootMarks.requireBootID() }

    package func isFromEarlierBoot() throws(SpoolError) -> Bool {
        try BootMarks(storage).isFromEarlierBoot()
    }
    package func sidecar(_ kind: Sidecar, of location: JobLocation) -> String {
        kind.path(of: location)
    }

    package func removeSidecars(of location: JobLocation) {
        CancelRequests(storage).removeSidecars(of: location)
    }

    package func isCancelRequested(_ location: JobLocation) throws(SpoolError) -> Bool {
        try CancelRequests(storage).isMade(location)
    }

    package func requestCancel(_ location: JobLocation) throws(SpoolError) -> Bool {
        try CancelRequests(storage).make(location)
    }

    func withdrawCancelRequest(_ location: JobLocation) {
        CancelRequests(storage).withdraw(location)
    }

    func applyCancelRequest(_ locked: LockedJob, of running: JobLocation, _ message: String) {
        CancelRequests(storage).apply(locked, of: running, message)
    }

    func applyMissedCancel(
        _ locked: LockedJob, isNewRound: Bool
    ) throws(SpoolError) -> ClaimResult? {
        try CancelRequests(storage).applyMissed(locked, isNewRound: isNewRound)
    }
    func lockForChange(
        _ id: JobID, at known: JobLocation?, in places: [Place], for verb: String
    ) throws(SpoolError) -> LockedJob {
        try JobChange(storage).lock(id, at: known, in: places, for: verb)
    }

    package func require(
        _ location: JobLocation, in places: [Place], for verb: String
    ) throws(SpoolError) { try JobChange(storage).require(location, in: places, for: verb) }

    func change(
        _ locked: LockedJob, to target: JobLocation, _ verb: Transition.Verb
    ) throws(SpoolError) { try JobChange(storage).move(locked, to: target, verb) }

    func rewriteOrThrow(_ locked: LockedJob) throws(SpoolError) {
        try JobChange(storage).rewrite(locked)
    }
    package func claim(
        _ location: JobLocation, for offer: WorkerOffer, freeSlots: Int
    ) throws(SpoolError) -> ClaimResult {
        try Claim(storage).claim(location, for: offer, freeSlots: freeSlots)
    }

    package func readmit(_ locked: LockedJob) throws(SpoolError) -> ClaimResult {
        try Claim(storage).readmit(locked)
    }
    package func orphanLogs(olderThan age: TimeSpan) throws(SpoolError) -> [String] {
        try Clean(storage).orphanLogs(olderThan: age)
    }

    package func oldHistory(olderThan age: TimeSpan) throws(SpoolError) -> [String] {
        try Clean(storage).oldHistory(olderThan: age)
    }

    package func removeEmptyDays() throws(SpoolError) { try Clean(storage).removeEmptyDays() }

    package func removeRecord(_ path: String) throws(SpoolError) {
        try Clean(storage).removeRecord(path)
    }
    func isCopy(_ locked: LockedJob, _ written: Job) throws(SpoolError) -> Bool {
        try Copies(storage).isCopy(locked, written)
    }

    func giveOwnID(to locked: LockedJob) throws(SpoolError) -> MoveResult {
        try Copies(storage).giveOwnID(to: locked)
    }
    package func dropInPaths() throws(SpoolError) -> [String] { try DropIns(storage).paths() }

    package func dropIns(
        limit: Int = .max
    ) throws(SpoolError) -> (entries: [JobEntry], unread: Int) {
        try DropIns(storage).entries(limit: limit)
    }

    package func dropIns(
        at paths: [String], limit: Int, where isWanted: (JobEntry) -> Bool
    ) -> (entries: [JobEntry], unread: Int) {
        DropIns(storage).entries(at: paths, limit: limit, where: isWanted)
    }

    package func search(for dropIn: DropIn) throws(SpoolError) -> DropIns.DropInState? {
        try DropIns(storage).search(for: dropIn)
    }

    package func admit(
        _ entry: JobEntry, until deadline: Int64?
    ) throws(SpoolError) -> JobLocation { try Admit(storage).admit(entry, until: deadline) }
    func requireStart(_ locked: LockedJob, due: Instant?) throws(SpoolError) {
        try Edit(storage).requireStart(locked, due: due)
    }
    package func finish(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double
    ) throws(SpoolError) -> MoveResult { try Finish(storage).finish(locked, verb, random: random) }

    package func recordEnd(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double, isDurable: Bool
    ) throws(SpoolError) -> Bool {
        try Finish(storage).recordEnd(locked, verb, random: random, isDurable: isDurable)
    }

    package func finalize(
        _ locked: LockedJob, _ verb: Transition.Verb
    ) throws(SpoolError) -> MoveResult { try Finish(storage).finalize(locked, verb) }

    package func endWaiting(
        _ locked: LockedJob, _ verb: Transition.Verb, message: String
    ) throws(SpoolError) -> MoveResult {
        try EndWaiting(storage).end(locked, verb, message: message)
    }
    package func inspect(
        _ path: String, isDropIn: Bool, isLocking: Bool = true
    ) throws(SpoolError) -> Inspection {
        try Inspect(storage).inspect(path, isDropIn: isDropIn, isLocking: isLocking)
    }

    static func kindFault(_ kind: FileStatus.Kind) -> String? { Inspect.kindFault(kind) }

    func queueMail(about locked: LockedJob, isRepeated: Bool) throws(SpoolError) {
        try EndMail(storage).queue(about: locked, isRepeated: isRepeated)
    }
    package func timetable(
        limit: Int
    ) throws(SpoolError) -> (first: [JobFileName], hasMore: Bool) {
        try Promote(storage).timetable(limit: limit)
    }

    package func promote(_ location: JobLocation) throws(SpoolError) -> JobLocation? {
        try Promote(storage).promote(location)
    }
    @discardableResult
    package func putBack(_ locked: LockedJob, note: String?) throws(SpoolError) -> MoveResult {
        try PutBack(storage).putBack(locked, note: note)
    }

    package func recover(_ location: JobLocation) throws(SpoolError) -> Recovery {
        try Recover(storage).recover(location)
    }

    package func runningJobs() throws(SpoolError) -> [JobLocation] {
        try Recover(storage).runningJobs()
    }
    package func rejectedFiles() throws(SpoolError) -> [JobEntry] {
        try RejectedFiles(storage).all()
    }

    package func rejectedFile(naming text: String) -> JobEntry? {
        RejectedFiles(storage).file(naming: text)
    }

    func removeRejected(at path: String) throws(SpoolError) {
        try RejectedFiles(storage).remove(at: path)
    }
    package func flushClaims(of jobs: [LockedJob]) throws(SpoolError) -> Bool {
        try Start(storage).flushClaims(of: jobs)
    }

    package func start(_ locked: LockedJob, _ attempt: Attempt) throws(SpoolError) -> Bool {
        try Start(storage).start(locked, attempt)
    }

    package func recordStart(
        _ locked: LockedJob, _ attempt: Attempt
    ) throws(SpoolError) -> Bool { try Start(storage).recordStart(locked, attempt) }

    package func noteStart(of locked: LockedJob) { Start(storage).noteStart(of: locked) }

    package func syncRunning() throws(SpoolError) { try Start(storage).syncRunning() }

    package func place(_ job: Job, held: Bool = false) throws(SpoolError) -> JobLocation {
        try Submit(storage).place(job, held: held)
    }
    @discardableResult
    package func sweepLeftovers() throws(SpoolError) -> Int { try Sweep(storage).all() }

    func isLeftoverName(_ name: String, in directory: String) -> Bool {
        Sweep(storage).isLeftoverName(name, in: directory)
    }

    package func isLeftover(_ path: String) throws(SpoolError) -> Bool {
        try Sweep(storage).isLeftover(path)
    }

    package func sweepLeftover(_ path: String) throws(SpoolError) -> Bool {
        try Sweep(storage).remove(path)
    }
    package func acquire(_ location: JobLocation) throws(SpoolError) -> Acquisition {
        try JobLock(storage).acquire(location)
    }
    package static func handOver(
        _ locked: LockedJob, claimedFrom origin: JobLocation
    ) -> [UInt8] { HandOver.handOver(locked, claimedFrom: origin) }

    package func abandon(_ locked: LockedJob) { HandOver(storage).abandon(locked) }

    package func takeOver(
        _ message: [UInt8], _ descriptor: consuming Descriptor
    ) throws(SpoolError) -> LockedJob? { try HandOver(storage).takeOver(message, descriptor) }
    package func register(_ record: WorkerRecord) throws(SpoolError) -> WorkerRegistration {
        try WorkerRegistry(storage).register(record)
    }

    package func livingWorkers() throws(SpoolError) -> [WorkerRecord] {
        try WorkerRegistry(storage).livingWorkers()
    }

    package func hasWorker() throws(SpoolError) -> Bool { try WorkerRegistry(storage).hasWorker() }
    package static func logPath(of id: JobID) -> String { JobLogs.path(of: id) }
    package func census() throws(SpoolError) -> Census { try JobCounts(storage).census() }

    package func window(
        of places: [Place], limit: Int, isNewestFirst: Bool
    ) throws(SpoolError) -> JobWindow {
        try JobCounts(storage).window(of: places, limit: limit, isNewestFirst: isNewestFirst)
    }

    package func count(
        in place: Place, where isMeant: (JobFileName) -> Bool
    ) throws(SpoolError) -> Int { try JobCounts(storage).count(in: place, where: isMeant) }
    package func read(_ location: JobLocation) throws(SpoolError) -> Job {
        try Listing(storage).read(location)
    }

    package func readIfJob(_ location: JobLocation) throws(SpoolError) -> Job? {
        try Listing(storage).readIfJob(location)
    }

    package func follow(
        _ location: JobLocation
    ) throws(SpoolError) -> (job: Job, location: JobLocation)? {
        try Listing(storage).follow(location)
    }

    func look(at location: JobLocation) throws(SpoolError) -> Listing.Look {
        try Listing(storage).look(at: location)
    }

    package func directories(of places: [Place] = Place.allCases) throws(SpoolError) -> [(
        place: Place, subdirectory: String?
    )] { try Listing(storage).directories(of: places) }

    package func locations(
        in places: [Place] = Place.allCases
    ) throws(SpoolError) -> [JobLocation] { try Listing(storage).locations(in: places) }

    package func entryIfPresent(of id: JobID) throws(SpoolError) -> JobEntry? {
        try Listing(storage).entryIfPresent(of: id)
    }

    package func entry(following location: JobLocation) throws(SpoolError) -> JobEntry? {
        try Listing(storage).entry(following: location)
    }

    package func entry(at location: JobLocation) -> JobEntry? {
        Listing(storage).entry(at: location)
    }

    package func lastChange(of entry: JobEntry) -> Instant? {
        Listing(storage).lastChange(of: entry)
    }

    package func lastChange(of location: JobLocation) -> Instant? {
        Listing(storage).lastChange(of: location)
    }

    func reason(for name: String) -> String? { Listing(storage).reason(for: name) }
    package func locate(
        _ id: JobID, except: String? = nil
    ) throws(SpoolError) -> [JobLocation] { try Lookup(storage).locate(id, except: except) }

    package func locate(
        _ id: JobID, after known: JobLocation?
    ) throws(SpoolError) -> JobLocation? { try Lookup(storage).locate(id, after: known) }

    func locate(_ ids: Set<JobID>) throws(SpoolError) -> [JobID: JobLocation] {
        try Lookup(storage).locate(ids)
    }

    package func queueDirectories() throws(SpoolError) -> [String] {
        try Lookup(storage).queueDirectories()
    }

    package func days() throws(SpoolError) -> [String] { try Lookup(storage).days() }

    package func fileNames(in directory: String) throws(SpoolError) -> [JobFileName] {
        try Lookup(storage).fileNames(in: directory)
    }

    package func jobs(named name: String) throws(SpoolError) -> [JobLocation] {
        try Resolver(storage).jobs(named: name)
    }

    package func newest(where isWanted: (Job) -> Bool = { _ in true }) throws(SpoolError)
        -> JobLocation?
    { try Resolver(storage).newest(where: isWanted) }
    package var root: Directory { storage.root }
    package var ids: JobIDGenerator { storage.ids }
    package var now: @Sendable () -> Instant { storage.now }
    package var rules: AdmissionRules { storage.rules }
    package var commitsInOrder: Bool { storage.commitsInOrder }
    package var isOfOneHost: Bool { storage.isOfOneHost }
    package var descriptors: [CInt] { storage.descriptors }
    package var opened: FileStatus { storage.opened }
    package var owner: UInt32 { storage.owner }
    package func presentPath() -> String { storage.presentPath() }
    package func makeDirectory(_ name: String) throws(SpoolError) {
        try storage.makeDirectory(name)
    }
    package func isPersonal() throws(SpoolError) -> Bool { try Ownership(storage).isPersonal() }
    package func removal() -> SpoolError? { SpoolFormat(storage).deletionError() }
    package func inLayout<Value: ~Copyable>(
        _ name: String, _ call: String, _ body: () throws(Errno) -> Value
    ) throws(SpoolError) -> Value { try storage.inLayout(name, call, body) }
    package func takeTurn(_ name: String) throws(SpoolError) -> Turn {
        try NamedLocks(storage).take(name)
    }
    package func openLog(of id: JobID) throws(Errno) -> Descriptor {
        try JobLogs(storage).open(of: id)
    }
    package static let layout = SpoolLayout.directories
    package static let formatVersion = SpoolLayout.formatVersion
    package static let formatFile = SpoolLayout.formatFile
    package static let longestPath = SpoolPath.longest
    package static let lease = Recover.lease
    package static let lookSignal = CancelRequests.lookSignal
    package typealias Sidecar = Spool.Sidecar
    package typealias Placement = Job.Placement
}
extension LogReader {
    package convenience init(_ spool: SpoolDirectory, _ id: JobID, from position: Int64 = 0) {
        self.init(spool.storage, id, from: position)
    }
}
extension JobWaiter {
    package convenience init(_ spool: SpoolDirectory, _ jobs: [JobLocation] = []) {
        self.init(spool.storage, jobs)
    }
}
extension Leadership {
    package convenience init(_ spool: SpoolDirectory) throws(SpoolError) {
        try self.init(spool.storage)
    }
}
extension SlotLedger {
    package convenience init(
        _ spool: SpoolDirectory, _ leadership: Leadership, bootID: String = Host.bootID,
        interrupt: @escaping (Step) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) {
        try self.init(spool.storage, leadership, bootID: bootID, interrupt: interrupt)
    }
}
extension Liveness {
    package func serves(_ spool: SpoolDirectory) throws(SpoolError) -> Bool {
        try serves(spool.storage)
    }
}
extension LogExcerpt {
    package init(of attempt: Attempt, _ id: JobID, in spool: SpoolDirectory, all: Ends, error: Ends)
        throws(SpoolError)
    { try self.init(of: attempt, id, in: spool.storage, all: all, error: error) }
}
package typealias Priority = Job.Priority
package typealias Backoff = Job.Backoff
package typealias Limits = Job.Limits
package typealias SyncMode = Job.SyncMode
package typealias Submitter = Job.Submitter
package typealias FileMask = Job.FileMask
package typealias ByteCount = Job.ByteCount
package typealias Command = Job.Command
package typealias StandardInput = Job.StandardInput
package typealias Outcome = Attempt.Outcome

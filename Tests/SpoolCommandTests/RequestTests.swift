import Glibc
import Spool
import SpoolCommand
import SpoolRunner
import SpoolTestSupport
import Testing

/// Requests are made and performed without a command line, as other fronts do, and the results are looked at.
struct RequestTests {
    /// A caller who names the spool, wants no daemon, and hears what is said.
    private final class Front {
        let spool: TemporarySpool
        private(set) var remarks: [String] = []

        init() throws {
            spool = try TemporarySpool()
            _ = try spool.open()
        }

        var context: Context {
            let input = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
            let caller = Caller(
                input: input, environment: [:], workingDirectory: spool.home)
            return Context(caller: caller, directory: spool.path) { self.remarks.append($0) }
        }
    }

    private func job(_ name: String, _ words: String...) -> Job {
        var job = Job(command: .arguments(words))
        job.name = name
        return job
    }

    @Test func runSubmitsAJobAndListShowsIt() throws {
        let front = try Front()
        let request = RunRequest(job("one", "true"), wantsEntry: true, startsDaemon: false)
        let result = try request.perform(in: front.context)
        #expect(result.entry?.id == result.id && result.entry?.job?.name == "one")
        #expect(front.remarks == ["no worker is running; the job waits for one ('spool worker')"])
        let filter = JobFilter(isOfAll: true, name: "on*")
        let list = try #require(try ListRequest(filter: filter).perform(in: front.context))
        #expect(list.entries.map(\.id) == [result.id])
        #expect(list.entries.first?.state == .queued)
        let other = JobFilter(isOfAll: true, states: [.running])
        #expect(try ListRequest(filter: other).perform(in: front.context)?.entries.isEmpty == true)
    }

    @Test func submitReportsBatches() throws {
        let front = try Front()
        let jobs = [job("a", "true"), job("b", "true")]
        var ids: [JobID] = []
        try SubmitRequest(jobs, isHeld: true, startsDaemon: false).perform(in: front.context) {
            ids += $0.jobs.map(\.id)
        }
        #expect(ids.count == 2)
        #expect(try front.spool.ids(in: .held).count == 2)
        let released = try ReleaseRequest(
            JobChoice(names: [ids[0].description]), startsDaemon: false
        ).perform(in: front.context)
        #expect(released.count == 1 && released.failures.isEmpty)
    }

    /// Files that can't be read again come from values that no file holds.
    @Test func submitChecksAllBeforeItWritesAny() throws {
        let changes: [(inout Job) -> Void] = [
            { $0.slots = 0 }, { $0.timeout = .zero }, { $0.delay = TimeSpan(microseconds: -1) },
            { $0.delay = .seconds(.max) }, { $0.killAfter = .seconds(-1) },
            { $0.notBefore = Instant(microseconds: .max) }, { $0.expires = .after(.seconds(.min)) },
            { $0.expires = .at(Instant(microseconds: .min)) }, { $0.backoff = .delays([]) },
            { $0.backoff = .fixed(delay: .seconds(1), jitter: .nan) },
            { $0.backoff = .linear(delay: .seconds(1), max: .seconds(-1), jitter: 0) },
            {
                $0.backoff = .exponential(
                    delay: .seconds(1), factor: .infinity, max: .seconds(1), jitter: 0)
            },
            {
                $0.limits = Job.Limits(); $0.limits?.cpuTime = .seconds(.max)
            },
            {
                $0.limits = Job.Limits(); $0.limits?.output = Job.ByteCount(-1)
            },
        ]
        for change in changes {
            let spool = try TemporarySpool()
            let context = Context(
                caller: Caller(input: 0, environment: [:], workingDirectory: "/"),
                directory: spool.path)
            var jobs = [Job](repeating: job("good", "true"), count: 1001)
            change(&jobs[1000])
            var batches = 0
            let error = #expect(throws: SpoolError.self) {
                try SubmitRequest(jobs, startsDaemon: false).perform(in: context) { _ in
                    batches += 1
                }
            }
            #expect(error?.code == .invalidJob)
            #expect(error?.message.hasPrefix("job 1001 of 1001: \"") == true)
            #expect(batches == 0 && !FileTree.exists(spool.path))
            let alone = #expect(throws: SpoolError.self) { try jobs[1000].validate() }
            #expect(error?.message == "job 1001 of 1001: \(alone?.message ?? "")")
            let run = #expect(throws: SpoolError.self) {
                try RunRequest(jobs[1000], startsDaemon: false).perform(in: context)
            }
            #expect(run?.message == alone?.message)
            #expect(!FileTree.exists(spool.path))
        }
    }

    @Test func statusShowsAJobBeforeTheOneThatIsGone() throws {
        let front = try Front()
        for name in ["one", "two"] {
            try RunRequest(job(name, "true"), startsDaemon: false).perform(in: front.context)
        }
        var shown: [String?] = []
        let error = #expect(throws: SpoolError.self) {
            try StatusRequest(names: ["one", "two"]).perform(in: front.context) {
                event throws(SpoolError) in
                guard case .job(let status) = event else { return }
                shown.append(status.entry.job?.name)
                for path in (try? front.spool.jobPaths()) ?? [] { try? front.spool.remove(path) }
            }
        }
        #expect(shown == ["one"])
        #expect(error?.code == .notFound && error?.message.hasSuffix(" any more") == true)
    }

    @Test func statusTellsOfTheSpoolAndOfJobs() throws {
        let front = try Front()
        let id = try RunRequest(job("one", "true"), startsDaemon: false).perform(
            in: front.context
        ).id
        var waits: [String?] = []
        try StatusRequest(names: ["one"]).perform(in: front.context) { event in
            guard case .job(let status) = event else { return }
            #expect(status.entry.id == id)
            waits.append(status.waitsFor)
        }
        #expect(waits == ["a worker: none is running ('spool worker')"])
        var overviews = 0
        try StatusRequest().perform(in: front.context) { event in
            guard case .spool(let status) = event else { return }
            overviews += 1
            #expect(status.overview.jobs["queued"] == 1 && status.last?.entry.id == id)
            #expect(status.overview.problems.map(\.code) == [.noWorker])
        }
        #expect(overviews == 1)
    }

    @Test func cancelEndsJobsAndTellsOfFailures() throws {
        let front = try Front()
        let id = try RunRequest(job("one", "true"), startsDaemon: false).perform(
            in: front.context
        ).id
        let result = try CancelRequest(JobChoice(names: [id.description])).perform(
            in: front.context)
        #expect(result.count == 1 && result.failures.isEmpty)
        let again = try CancelRequest(JobChoice(names: [id.description])).perform(
            in: front.context)
        #expect(again.count == 0 && again.failures.map(\.code) == [.wrongState])
        let all = try CancelRequest(JobChoice(filter: JobFilter(isOfAll: true))).perform(
            in: front.context)
        #expect(all.count == 0)
        // Nothing is chosen, so nothing is meant.
        let error = #expect(throws: SpoolError.self) {
            try CancelRequest(JobChoice()).perform(in: front.context)
        }
        #expect(error?.code == .invalidRequest)
    }

    /// A command line refuses them while it is read.
    @Test func valuesThatCannotBeAreRefused() throws {
        let front = try Front()
        for count in [-1, 0, 1025] {
            let error = #expect(throws: SpoolError.self) {
                _ = try SlotsRequest(slots: count).perform(in: front.context)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message == "\"slots\" \(count): a number from 1 to 1024 is wanted")
        }
        #expect(!front.spool.exists("settings.json"))
        for _ in 0..<2 {
            try RunRequest(job("twin", "true"), startsDaemon: false).perform(in: front.context)
        }
        for number in [-1, 0, 3] {
            let error = #expect(throws: SpoolError.self) {
                let namesakes = Namesakes(number: number)
                try StatusRequest(names: ["twin"], namesakes: namesakes).perform(
                    in: front.context
                ) { _ in }
            }
            #expect(error?.code == .notFound)
        }
    }

    /// A command line has options for what a request has fields for.
    @Test func messagesNameFields() throws {
        let front = try Front()
        func message(_ body: (Context) throws -> Void) -> String {
            let error = #expect(throws: SpoolError.self) { try body(front.context) }
            #expect(error?.code == .invalidRequest || error?.code == .invalidJob)
            return error?.message ?? ""
        }
        func worker(_ change: (inout WorkerOptions) -> Void) -> WorkerRequest {
            var options = WorkerOptions()
            change(&options)
            return WorkerRequest(options)
        }
        for count in [-1, 0, 1025] {
            #expect(
                message { try worker { $0.slots = count }.perform(in: $0) }
                    == "\"slots\" \(count): a number from 1 to 1024 is wanted")
        }
        #expect(
            message { try worker { $0.queues = ["/"] }.perform(in: $0) }.hasPrefix("\"queues\" /: ")
        )
        #expect(
            message { try worker { $0.offers = [""] }.perform(in: $0) }.hasPrefix("\"offers\" : "))
        #expect(try front.spool.names("workers").isEmpty)
        let choice = JobChoice(names: ["x"])
        #expect(
            message { _ = try MoveRequest(choice, to: Job.Placement()).perform(in: $0) }
                == "nothing to change; name \"priority\", \"queue\" or \"due\"")
        #expect(
            message { _ = try HoldRequest(JobChoice()).perform(in: $0) }.contains(
                "choose some by \"queue\", \"states\", \"tags\", \"name\" or \"project\", or all of them by"
                    + " \"is_of_all\""))
        #expect(
            message {
                let filter = JobFilter(isOfAll: true)
                _ = try HoldRequest(JobChoice(names: ["x"], filter: filter)).perform(in: $0)
            } == "name jobs, or choose them by \"queue\", \"states\" and the like, not both")
        let schedule = try ScheduleRequest(
            "0 0 2 * * *", zone: .utc, firstSeen: Instant(seconds: 0))
        let error = #expect(throws: SpoolError.self) {
            _ = try NextRequest(schedule, after: Instant(seconds: 0)).perform(in: front.context) {
                _ in
            }
        }
        #expect(error?.message.contains("for seconds in front give \"seconds\"") == true)
        // What the advice says can be done.
        let first = Instant(seconds: 0)
        let obeyed = try ScheduleRequest("0 0 2 * * *", zone: .utc, seconds: true, firstSeen: first)
        var slots: [String] = []
        _ = try NextRequest(obeyed, after: first).perform(in: front.context) {
            slots.append($0.utc)
        }
        #expect(slots.map { $0.prefix(16) } == ["1970-01-01T02:00"])
        var late = job("late", "true")
        late.notBefore = Instant(seconds: 0)
        #expect(
            message {
                _ = try RunRequest(late, isStrict: true, startsDaemon: false).perform(in: $0)
            }
            .hasPrefix("\"not_before\" 1970-01-01T00:00:00.000Z has passed"))
        #expect(try front.spool.jobPaths().isEmpty && front.remarks.isEmpty)
    }

    /// A held job keeps its time in its file, and nobody could read it again.
    @Test(arguments: [Int64.min, .max])
    func aTimeThatNoFileHoldsIsRefused(microseconds: Int64) throws {
        let front = try Front()
        let request = RunRequest(job("one", "true"), isHeld: true, startsDaemon: false)
        let id = try request.perform(in: front.context).id
        let spool = try SpoolDirectory(at: front.spool.path)
        let error = #expect(throws: SpoolError.self) {
            try spool.move(id, Job.Placement(due: Instant(microseconds: microseconds)))
        }
        #expect(error?.message.contains("\"not_before\"") == true)
        #expect(try spool.entry(of: id).job?.notBefore == nil)
        try spool.release(id)
    }

    /// A log that is followed is that of the present attempt, from its beginning, and whole.
    @Test func logsRefuseWhatTheyWouldIgnore() throws {
        let front = try Front()
        try RunRequest(job("one", "true"), startsDaemon: false).perform(in: front.context)
        let wrong: [(LogsRequest, String)] = [
            (
                LogsRequest(names: ["one"], follows: true, attempt: 1),
                "\"follows\" and \"attempt\" exclude each other"
            ),
            (
                LogsRequest(names: ["one"], follows: true, lines: 0),
                "\"follows\" and \"lines\" exclude each other"
            ),
            (
                LogsRequest(names: ["one"], follows: true, streams: [.error]),
                "\"follows\" and \"streams\" exclude each other"
            ),
            (
                LogsRequest(names: ["one"], attempt: 0),
                "\"attempt\" 0: a number from 1 to 1000000 is wanted"
            ),
            (
                LogsRequest(names: ["one"], lines: -1),
                "\"lines\" -1: a number from 0 to 2147483647 is wanted"
            ),
        ]
        for (request, message) in wrong {
            let error = #expect(throws: SpoolError.self) {
                try request.perform(in: front.context) { _ in }
            }
            #expect(error?.code == .invalidRequest && error?.message == message)
        }
    }

    @Test func aRunIsWaitedFor() throws {
        let front = try Front()
        try front.spool.startWorker("-j", "1")
        let request = RunRequest(
            job("one", "sh", "-c", "echo hello; exit 3"), follows: true, startsDaemon: false)
        var output: [UInt8] = []
        var ends: [Int32?] = []
        try request.perform(in: front.context) { event in
            switch event {
            case .wait(.output(_, let record)): output += record.bytes
            case .wait(.end(_, let entry)): ends.append(entry.job?.attempts?.last?.exitCode)
            default: break
            }
        }
        #expect(output == Array("hello\n".utf8) && ends == [3])
    }

    @Test func cronNextFindsSlots() throws {
        let front = try Front()
        let after = try #require(Instant(rfc3339: "2026-11-20T00:00:00Z"))
        let schedule = try ScheduleRequest("30 2 * * *", zone: .utc, firstSeen: after)
        var slots: [String] = []
        let result = try NextRequest(schedule, after: after, count: 2).perform(in: front.context) {
            slots.append($0.utc)
        }
        #expect(result.count == 2 && !result.isShort)
        #expect(slots.map { $0.prefix(16) } == ["2026-11-20T02:30", "2026-11-21T02:30"])
        let wrong = try ScheduleRequest("30 25 * * *", zone: .utc, firstSeen: after)
        let error = #expect(throws: SpoolError.self) {
            _ = try NextRequest(wrong, after: after).perform(in: front.context) { _ in }
        }
        #expect(error?.code == .invalidJob)
    }

    @Test func aCrontabIsInstalledAfterItsFindingsAreTaken() throws {
        let front = try Front()
        let request = try CronEditRequest(
            file: "crontab", source: .text(Array("*/70 * * * * x\n".utf8)), startsDaemon: false)
        #expect(throws: SpoolError.self) {
            _ = try request.perform(in: front.context) { event throws(SpoolError) in
                guard case .checked(let verdict) = event else { return }
                #expect(verdict.refusal == nil && verdict.findings?.findings.count == 1)
                throw SpoolError(.inputOutput, "nobody listens")
            }
        }
        #expect(!front.spool.exists("crontab"))
        #expect(try request.perform(in: front.context) { _ in })
        #expect(try front.spool.read("crontab") == "*/70 * * * * x\n")
        let list = try CronListRequest().perform(in: front.context)
        #expect(list?.rows.map(\.entry.line.expression.text) == ["*/70 * * * *"])
        #expect(list?.lacksScheduler == true)
    }

    /// A script must not take an installed crontab for a refused one.
    @Test func nothingThatFailsAfterAnInstallationIsAnError() throws {
        let front = try Front()
        func brokenAfterwards(_ event: CronEditEvent) throws(SpoolError) {
            guard case .installed(let count, let replacement) = event else { return }
            #expect(count == 1 && replacement == nil)
            FileTree.remove(front.spool["workers"])
            FileTree.remove(front.spool["cron.d"])
            try? front.spool.write("workers", "")
            try? front.spool.write("cron.d", "")
        }
        let text = Array("@daily x\n".utf8)
        let installed = try CronEditRequest(
            file: "crontab", source: .text(text), startsDaemon: false
        ).perform(in: front.context, brokenAfterwards)
        #expect(try installed && front.spool.read("crontab") == "@daily x\n")
        let edited = try CronEditRequest(file: "crontab", source: nil, startsDaemon: false)
        try edited.startScheduler(in: front.context)
        #expect(front.remarks.count == 2)
        #expect(front.remarks.allSatisfy { $0.contains("can't be found out whether a scheduler") })
    }
}

import Glibc
import Spool
import SpoolRunner
import SpoolTestSupport
import SpoolTime
import Testing

/// An engine on a spool of its own, with clocks that the test sets.
final class SchedulerBench {
    let directory: TemporarySpool
    let spool: SpoolDirectory
    private let clock = TestClock()
    private(set) var monotonic: Int64 = 1
    var bootID = "01234567-89ab-cdef-0123-456789abcdef"
    private(set) var reports: [String] = []
    /// The step of the next decision after which it dies.
    var fatalStep: SlotStep?
    private(set) var engine: SchedulerEngine?

    /// 2030-06-01T12:00:00Z.
    static let noon = Instant(seconds: 1_906_545_600)

    init(_ crontab: String) throws {
        directory = try TemporarySpool()
        clock.set(Self.noon)
        spool = try directory.open(clock)
        try write(crontab)
        try restart()
    }

    var now: Instant { clock.now }

    func write(_ crontab: String) throws {
        try directory.write("crontab", "CRON_TZ=UTC\n" + crontab + "\n")
    }

    /// A new scheduler in place of the one there was.
    func restart() throws {
        var surroundings = SchedulerSurroundings { [unowned self] in reports.append($0) }
        surroundings.rules = { () throws(SpoolError) in CrontabRules(zone: .utc, machine: "m") }
        surroundings.monotonic = { [unowned self] in monotonic }
        surroundings.bootID = bootID
        surroundings.interrupt = { [unowned self] step throws(SpoolError) in
            guard step == fatalStep else { return }
            fatalStep = nil
            throw SpoolError(.busy, "killed")
        }
        engine = try SchedulerEngine(spool, surroundings)
        try tick()
    }

    func stop() { engine = nil }

    func tick() throws {
        let engine = try #require(self.engine)
        _ = try #require(try engine.tick())
    }

    func reload() throws {
        try #require(self.engine).loadTables()
        try tick()
    }

    func recheckWaiting() throws {
        #expect(try #require(self.engine).recheckWaiting())
        try tick()
    }

    /// Goes to a time after noon, minute by minute, while the scheduler runs.
    func run(to minutes: Int64) throws {
        let end = Self.noon + .seconds(minutes * 60)
        while clock.now < end {
            pass(.seconds(60))
            try tick()
        }
    }

    func pass(_ span: TimeSpan) {
        clock.advance(span)
        monotonic += span.nanoseconds
    }

    /// Sets the clock.
    func step(_ span: TimeSpan) { clock.advance(span) }

    /// The jobs of a place, by slot in minutes after noon.
    func slots(_ place: String = "incoming") throws -> [Int] {
        try jobs(place).map { job in
            Int((try #require(job.cron?.slot) - Self.noon).inSeconds / 60)
        }
    }

    func jobs(_ place: String = "incoming") throws -> [Job] {
        try directory.names(place).compactMap { name in
            try Job.read(directory.read("\(place)/\(name)"))
        }
    }

    /// Ends a waiting job, as if it had run.
    func finish(_ job: Job) throws {
        let id = try #require(job.id)
        let day = clock.now.day.description
        if !directory.exists("done/" + day) {
            try FileTree.check(mkdir(directory["done/" + day], 0o700), "mkdir")
        }
        try directory.rename("incoming/5-\(id).json", to: "done/\(day)/\(id).json")
    }

    func record(_ name: String) throws -> SlotRecord {
        let rules = CrontabRules(zone: .utc, machine: "m")
        let entry = try #require(
            try spool.entryTables(rules).flatMap(\.entries).first { $0.name == name })
        return try #require(try spool.slotRecord(of: entry))
    }
}

extension Job {
    static func read(_ text: String) throws -> Job { try Job(json: Array(text.utf8)) }
}

/// The job of an entry, in JSON.
///
/// - Parameter more: further fields, each behind a comma.
func entryJob(_ name: String, _ more: String = "") -> String {
    "{\"command\": \"x\", \"name\": \"\(name)\"\(more)}"
}

import Glibc
import Spool
import SpoolRunner
import SpoolTestSupport
import SpoolTime
import Testing

/// A spool, a clock, and schedulers that come to grief.
final class SimulatedWorld {
    /// What a scheduler that has been overtaken is told of its successor: nothing. The books must show it.
    enum Lie: CaseIterable {
        /// That it still has the seat.
        case seat
        /// That no slot has been decided meanwhile.
        case markers
    }

    let directory: TemporarySpool
    let spool: SpoolDirectory
    private let clock = TestClock()
    private var random: SeededGenerator
    /// Nanoseconds of the clock that is never set.
    private var monotonic: Int64 = 1
    private var engine: SchedulerEngine?
    private let begin: Instant
    /// The furthest that the clock has been.
    private var furthest: Instant
    /// When a scheduler last did all that was due.
    private var lastLook: Instant
    private var isOvertaking = false
    private let lie: Lie?
    private(set) var kills = 0
    private(set) var overtakings = 0
    private(set) var backwardSteps = 0
    private(set) var brokenEdits = 0
    private var reports: [String] = []
    /// How often each slot of each entry was enqueued.
    private var books: [String: [Int: Int]] = [:]

    static let names = ["hourly", "nightly", "period", "newest", "never", "monthly"]

    /// Catching up on everything: each slot must come, and once.
    private static let lines = [
        "17 * * * * {\"command\": \"x\", \"name\": \"hourly\", \"sync\": \"off\"}",
        "CRON_TZ=Europe/Paris\n30 2 * * * {\"command\": \"x\", \"name\": \"nightly\", \"sync\": \"off\"}"
            + "\nCRON_TZ=UTC",
        "@every 7h {\"command\": \"x\", \"name\": \"period\", \"sync\": \"off\"}",
        "CATCH_UP=last\n*/30 * * * * {\"command\": \"x\", \"name\": \"newest\", \"sync\": \"off\"}"
            + "\nCATCH_UP=all",
        "CATCH_UP=none\n5 */2 * * * {\"command\": \"x\", \"name\": \"never\", \"sync\": \"off\"}"
            + "\nCATCH_UP=all",
        "0 0 L * * {\"command\": \"x\", \"name\": \"monthly\", \"sync\": \"off\"}",
    ]
    private static let head = "OVERLAP=allow\nCATCH_UP=all\nCRON_TZ=UTC\n"

    init(seed: UInt64, lie: Lie? = nil) throws {
        self.lie = lie
        directory = try TemporarySpool(in: "/dev/shm")
        random = SeededGenerator(seed: seed)
        spool = try directory.open(clock)
        begin = Instant(seconds: clock.now.seconds)
        furthest = begin
        lastLook = begin
        clock.set(begin)
        try directory.write("crontab", Self.head + Self.lines.joined(separator: "\n") + "\n")
        engine = try SchedulerEngine(spool, surroundings(isMortal: false))
    }

    private func surroundings(isMortal: Bool = true) -> SchedulerSurroundings {
        var surroundings = SchedulerSurroundings { [unowned self] in reports.append($0) }
        surroundings.rules = { () throws(SpoolError) in CrontabRules(zone: .utc, machine: "m") }
        surroundings.monotonic = { [unowned self] in monotonic }
        if isMortal {
            surroundings.interrupt = { [unowned self] _ throws(SpoolError) in try misfortune() }
        }
        return surroundings
    }

    /// What may happen between any two steps: a kill, or a pause in which another scheduler takes over.
    private func misfortune() throws(SpoolError) {
        guard !isOvertaking else { return }
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<6:
            kills += 1
            throw SpoolError(.inputOutput, "killed")
        case 6, 7:
            overtakings += 1
            isOvertaking = true
            defer { isOvertaking = false }
            do {
                try overtake()
            } catch {
                throw error as? SpoolError ?? SpoolError(.inputOutput, "\(error)")
            }
        default: break
        }
    }

    /// Another scheduler does its work, and the jobs it has queued run, before this one goes on.
    private func overtake() throws {
        let tellLie = try prepareLie()
        let other = try SchedulerEngine(spool, surroundings(isMortal: false))
        _ = try other.tick()
        advance(.seconds(Int64.random(in: 0...8000, using: &random)))
        _ = try other.tick()
        if Bool.random(using: &random) { try other.sweep() }
        try runJobs()
        try tellLie()
    }

    private func advance(_ span: TimeSpan) {
        clock.advance(span)
        monotonic += span.nanoseconds
        furthest = max(furthest, clock.now)
    }

    // MARK: Running

    func run(days: Int) throws {
        let end = begin + .seconds(Int64(days) * 86_400)
        while furthest < end {
            try live()
            try runJobs()
            try happen()
        }
        engine = nil
        // Whoever comes last finds everything in order, and ends it.
        let last = try SchedulerEngine(spool, surroundings(isMortal: false))
        if clock.now < furthest { advance(furthest - clock.now) }
        _ = try last.tick()
        try last.sweep()
        try runJobs()
    }

    /// One look of the active scheduler, at the next slot.
    private func live() throws {
        do {
            let engine = try self.engine ?? SchedulerEngine(spool, surroundings())
            self.engine = engine
            if let due = engine.nextDue, due > clock.now { advance(due - clock.now) }
            advance(.milliseconds(Int64.random(in: 0...900, using: &random)))
            // Without the seat it is of no use any more.
            if try engine.tick() == nil { self.engine = nil } else { lastLook = clock.now }
        } catch let error as SpoolError {
            guard error.message == "killed" else { throw error }
            engine = nil
        }
    }

    private func happen() throws {
        // Not longer than what CATCH_UP=all brings back of the most frequent entry.
        let mayPass = clock.now - lastLook < .seconds(100_000)
        switch Int.random(in: 0..<400, using: &random) {
        case 0..<4 where mayPass:
            // Downtime.
            engine = nil
            advance(.seconds(Int64.random(in: 0...200_000, using: &random)))
        case 4..<7 where mayPass:
            // Sleep, or the clock put forward.
            let span = TimeSpan.seconds(Int64.random(in: 0...100_000, using: &random))
            clock.advance(span)
            furthest = max(furthest, clock.now)
        case 7..<13:
            // Put back, by less than three hours behind what was reached.
            let floor = furthest + .seconds(-10_000)
            guard clock.now > floor else { break }
            backwardSteps += 1
            clock.set(floor + .seconds(Int64.random(in: 0...3000, using: &random)))
        case 13..<17: try edit(isBroken: false)
        case 17..<20:
            brokenEdits += 1
            try edit(isBroken: true)
        default: break
        }
    }

    private func edit(isBroken: Bool) throws {
        let lines = Self.lines.shuffled(using: &random)
        let tail =
            isBroken ? "\n61 * * * * true\n" : "\n# \(UInt8.random(in: 0...255, using: &random))\n"
        let shown = isBroken ? Array(lines.prefix(2)) : lines
        try directory.write("crontab", Self.head + shown.joined(separator: "\n") + tail)
        if Bool.random(using: &random) { try engine?.loadTables() } else { engine = nil }
    }

    /// Takes each job that has been queued into the books.
    private func runJobs() throws {
        for name in try directory.names("incoming") {
            let location = JobLocation(.incoming, try #require(JobFileName(name)))
            let job = try JobReader(spool.storage).read(location)
            let entry = try #require(job.cron?.entry)
            let slot = try #require(job.cron?.slot)
            books[entry, default: [:]][Int(slot.seconds), default: 0] += 1
            let day = clock.now.day.description
            if !directory.exists("done/" + day) { try beginDay(day) }
            try directory.rename("incoming/" + name, to: "done/\(day)/\(location.id).json")
        }
    }

    /// As people do, what was done long ago is removed; there are thousands of days otherwise.
    private func beginDay(_ day: String) throws {
        try FileTree.check(mkdir(directory["done/" + day], 0o700), "mkdir")
        for old in try directory.names("done").sorted().dropLast(20) {
            FileTree.remove(directory["done/" + old])
        }
    }

    // MARK: Books

    /// What is wrong with the books, a line each.
    func faults() throws -> [String] {
        var faults: [String] = []
        func demand(_ isSo: Bool, _ text: @autoclosure () -> String) {
            if !isSo { faults.append(text()) }
        }
        let first = Int(begin.seconds)
        let last = Int(clock.now.seconds)
        let expected: [String: Set<Int>] = [
            "hourly": ReferenceSlots.matching(from: first, to: last) { $2 == 17 },
            "nightly": ReferenceSlots.dailyInParis(from: first, to: last, hour: 2, minute: 30),
            "period": ReferenceSlots.every(7 * 3600, since: first, to: last),
            "newest": ReferenceSlots.matching(from: first, to: last) { $2 % 30 == 0 },
            "never": ReferenceSlots.matching(from: first, to: last) { $1 % 2 == 0 && $2 == 5 },
            "monthly": ReferenceSlots.matching(from: first, to: last) { date, hour, minute in
                hour == 0 && minute == 0
                    && date.day == CivilDate.days(inMonth: date.month, year: date.year)
            },
        ]
        let records = try slotRecords()
        for (name, slots) in expected {
            let ran = books[name] ?? [:]
            let twice = ran.filter { $0.value != 1 }.keys.sorted()
            demand(twice.isEmpty, "\(name): more than once: \(twice)")
            let strange = Set(ran.keys).subtracting(slots).sorted()
            demand(strange.isEmpty, "\(name): no slots: \(strange)")
            if !["newest", "never"].contains(name) {
                let lost = slots.subtracting(ran.keys).sorted()
                demand(lost.isEmpty, "\(name): lost: \(lost)")
            }
            // On the last day of a month, the next one's end may be too far off.
            guard let record = records[name] else {
                demand(slots.isEmpty, "\(name): \(slots.count) slots, and no record")
                continue
            }
            demand(record.runs == ran.count, "\(name): \(ran.count) runs, \(record)")
            demand(
                record.runs + record.missed + record.skipped == slots.count,
                "\(name): \(slots.count) slots, \(record)")
        }
        let left = try directory.names("tmp").filter { $0.hasSuffix(".slot") }
        demand(left.isEmpty, "left in tmp/: \(left)")
        let markers = try directory.names("state/slots")
        demand(markers.count == records.count, "left in state/slots/: \(markers)")
        return faults
    }

    private func slotRecords() throws -> [String: SlotRecord] {
        var records: [String: SlotRecord] = [:]
        for table in try spool.entryTables(CrontabRules(zone: .utc, machine: "m")) {
            for entry in table.entries { records[entry.name] = try spool.slotRecord(of: entry) }
        }
        return records
    }
}

/// How a successor's traces are wiped out.
extension SimulatedWorld {
    /// - Returns: what does so.
    private func prepareLie() throws -> () throws -> Void {
        switch lie {
        case nil: return {}
        case .seat:
            let (seat, own) = (directory["state/scheduler.json"], directory["state/.own"])
            // The very file: what counts is which one it is.
            try FileTree.check(link(seat, own), "link")
            return { try FileTree.check(rename(own, seat), "rename") }
        case .markers:
            let before = try directory.names("state/slots").map { name in
                (name, try directory.read("state/slots/" + name))
            }
            return { [directory] in
                for name in try directory.names("state/slots") {
                    FileTree.remove(directory["state/slots/" + name])
                }
                for (name, text) in before { try directory.write("state/slots/" + name, text) }
            }
        }
    }
}

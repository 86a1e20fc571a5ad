import Foundation
import SpoolCheck
import SpoolRunner
import SpoolSchedule
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Field names, taken from the types that write them.
enum FormatFields {
    /// The keys of a value's JSON object.
    static func keys(_ value: some Encodable) throws -> Set<String> {
        let bytes = try JSONText.encode(value, pretty: false)
        return Set(try JSONText.decode([String: JSONValue].self, from: bytes).keys)
    }

    static let process = Attempt.Process(pid: 1, startTime: 2, namespace: 3)
    static let usage = Attempt.Usage(user: .zero, system: .zero, peakMemory: 0)

    static let descendant = Attempt.Descendant(pid: 1, name: "n")

    static var log: Attempt.Log {
        var log = Attempt.Log(start: 0, end: 1)
        log.dropped = 1
        log.cut = "limit"
        return log
    }

    static var attempt: Attempt {
        let now = Instant(seconds: 0)
        var attempt = Attempt(
            number: 1, worker: "w", host: "h", bootID: "b", runner: process, command: process,
            startedAt: now)
        attempt.finishedAt = now
        attempt.outcome = .failed
        attempt.exitCode = 1
        attempt.signal = "SIGKILL"
        attempt.coreDumped = true
        attempt.message = "m"
        attempt.usage = usage
        attempt.log = log
        attempt.outlivedBy = [descendant]
        return attempt
    }

    static var worker: WorkerRecord {
        WorkerRecord(
            id: "w", slots: 1, queues: ["q"], offers: [], isTransient: false,
            startedAt: Instant(seconds: 0))
    }

    static var history: HistoryLine {
        var line = HistoryLine(time: Instant(seconds: 0), verb: "submit")
        line.job = JobIDGenerator().make(at: Instant(seconds: 0))
        line.name = "n"
        line.from = "f"
        line.to = "t"
        line.state = .queued
        line.attempt = 1
        line.outcome = .failed
        line.exitCode = 1
        line.signal = "SIGKILL"
        line.note = "n"
        line.pid = 1
        line.host = "h"
        return line
    }

    static var slotRecord: SlotRecord {
        let now = Instant(seconds: 0)
        let id = JobIDGenerator().make(at: now)
        var record = SlotRecord(.enqueued, entry: "e", slot: now, at: now, after: nil)
        record.job = id
        record.jobSlot = now
        record.delay = .zero
        record.lastSuccess = now
        record.file = "f"
        record.target = "t"
        record.waitsFor = [id]
        record.replaces = [id]
        return record
    }

    static let keptCrontab = CrontabSnapshot.Header(
        file: "crontab", loadedAt: Instant(seconds: 0), zone: "UTC", size: 0, since: [],
        names: [:])

    static let settings = SettingsFile.CodingKeys.allCases.map(\.rawValue)
    static let limits = Job.Limits.CodingKeys.allCases.map(\.rawValue)
    static let finding = SpoolCheck.Finding.CodingKeys.allCases.map(\.rawValue)
    static let backoff = Job.Backoff.Key.allCases.map(\.rawValue)
    static let recorded = Job.Field.recorded.map(\.rawValue)
    static let written = Job.Field.allCases.map(\.rawValue).filter { !recorded.contains($0) }

    /// Those that are named in running text only.
    static func nested() throws -> Set<String> {
        var names = try keys(process).union(keys(usage)).union(keys(log)).union(keys(descendant))
        names.formUnion(try keys(Job.Submitter(user: "u", host: "h")))
        names.formUnion(try keys(Job.StandardInput.file("f")))
        names.formUnion(try keys(Job.StandardInput.base64("")))
        names.formUnion(try keys(CrontabSnapshot.Sighting(at: Instant(seconds: 0), count: 1)))
        names.formUnion(try keys(Job.Mail(to: "t", from: "f")))
        names.formUnion(
            try keys(Job.Recurrence(entry: "e", slot: Instant(seconds: 0), missed: 1)))
        names.formUnion(
            try keys(
                PendingJob(
                    id: JobIDGenerator().make(at: Instant(seconds: 0)),
                    slot: Instant(seconds: 0), path: "p")))
        return names
    }

    static func all() throws -> Set<String> {
        var names = Set(written + recorded + settings + limits + backoff + finding)
        names.formUnion(try nested())
        names.formUnion(try keys(attempt))
        names.formUnion(try keys(worker))
        names.formUnion(try keys(history))
        names.formUnion(try keys(slotRecord))
        names.formUnion(try keys(keptCrontab))
        return names
    }
}

/// spool-format(5) is the format.
@Suite struct DocumentationFormatTests {
    private let manual: ManualText
    private let text: String

    init() throws {
        text = try Package.text("man/spool-format.5")
        manual = ManualText(text)
    }

    @Test func theTableOfStates() throws {
        let rows = try manual.lines("TRANSITIONS").filter {
            $0.macro == "It" && $0.words.first == "Cm"
        }
        func places(_ words: ArraySlice<String>) throws -> [Place?] {
            if words.elementsEqual(["\\(em"]) { return [nil] }
            return try words.map { word -> Place? in
                let name = word.replacingOccurrences(of: ",", with: "")
                let place: Place = try #require(Place(rawValue: name), "\(word)")
                return place
            }
        }
        var documented: [Transition] = []
        for row in rows {
            let columns = row.words.split(separator: "Ta")
            try #require(columns.count == 3, "\(row.words)")
            let verb = try #require(Transition.Verb(rawValue: columns[0].last ?? ""))
            for from in try places(columns[1]) {
                for to in try places(columns[2]) { documented.append(Transition(verb, from, to)) }
            }
        }
        #expect(documented == Transition.table)
        #expect(Set(documented.map(\.verb)) == Set(Transition.Verb.allCases))
        let verbs = Set(Transition.Verb.allCases.map(\.rawValue))
        #expect(manual.all("Cm").subtracting(verbs) == [])
    }

    @Test func theFieldsOfAJob() throws {
        let section = "THE JOB FILE"
        let written = try manual.items("Va", section, "Fields a user writes")
        let recorded = try manual.items("Va", section, "Fields the queue writes")
        #expect(written.sorted() == FormatFields.written)
        #expect(recorded.sorted() == FormatFields.recorded)
        #expect(written + recorded == Job.Field.explained.map(\.rawValue))
        #expect(try manual.items("Va", section, "The field backoff") == FormatFields.backoff)
        #expect(try manual.items("Va", section, "The field limits") == FormatFields.limits)
        #expect(
            Set(try manual.items("Va", section, "The field attempts"))
                == (try FormatFields.keys(FormatFields.attempt)))
        #expect(try FormatFields.nested().subtracting(manual.all("Va")) == [])
    }

    @Test func theOtherFiles() throws {
        #expect(try manual.items("Va", "SETTINGS") == FormatFields.settings)
        #expect(
            Set(try manual.items("Va", "WORKERS")) == (try FormatFields.keys(FormatFields.worker)))
        #expect(
            Set(try manual.items("Va", "THE HISTORY"))
                == (try FormatFields.keys(FormatFields.history)))
        #expect(
            Set(try manual.items("Va", "SCHEDULES"))
                == (try FormatFields.keys(FormatFields.slotRecord)
                    .union(FormatFields.keys(FormatFields.keptCrontab))))
        #expect(
            try manual.items("Pa", "SIDECARS")
                == Sidecar.allCases.map { "." + $0.rawValue })
    }

    @Test func theFieldsOfAKeyFile() throws {
        #expect(
            Set(try manual.items("Va", "KEYS"))
                == Set(KeyRecord.CodingKeys.allCases.map(\.rawValue)))
    }

    @Test func theLayout() throws {
        let documented = Set(
            try manual.items("Pa", "LAYOUT").filter { $0.contains("/") && $0 != "/" }.compactMap {
                $0.split(separator: "/").first.map(String.init)
            })
        #expect(documented == Set(SpoolLayout.directories))
        #expect(text.contains("spool \(SpoolLayout.formatVersion)"))
    }

    @Test func theExamples() throws {
        let examples = try ManualText.displays("EXAMPLES", in: text)
        try #require(examples.count == 6)
        let spool = try TemporarySpool()
        for job in examples[..<4] {
            let result = try spool.run(["submit", "--check", "-"], input: job)
            #expect(result.status == 0, "\(job)\(result.errorText)")
            #expect(result.errorText == "spool: 1 job, no errors\n")
        }
        let result = try spool.run(["cron", "check", "--tz", "UTC", "-"], input: examples[4])
        #expect(result.status == 0)
        #expect(result.text == "", "the entry has no warnings")
        let settings = try JSONText.decode(SettingsFile.self, from: Array(examples[5].utf8))
        #expect(settings.slots == 4)
    }

    /// The tree shows the directories that there are.
    @Test func theTree() throws {
        let section = try #require(text.range(of: ".Sh LAYOUT\n"))
        let tree = text[section.upperBound...].components(separatedBy: ".Ed")[0]
        let top = tree.split(separator: "\n").filter {
            $0.hasPrefix("|-- ") || $0.hasPrefix("`-- ")
        }
        let names = top.compactMap { $0.dropFirst(4).split(separator: " ").first }
        let directories = names.filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
        #expect(Set(directories) == Set(SpoolLayout.directories))
        #expect(names.filter { !$0.hasSuffix("/") } == ["format", "crontab", "settings.json"])
    }

    @Test func theStatesByPlace() throws {
        let rows = try manual.lines("THE JOB FILE", "The state that people see").filter {
            $0.macro == "It" && $0.words.first == "Pa"
        }
        #expect(rows.map { $0.words[1] } == Place.allCases.map { $0.directory + "/" })
        for row in rows {
            let place = try #require(Place(rawValue: String(row.words[1].dropLast())))
            let states = Set([nil] + JobState.allCases.map(Optional.some)).map { state in
                var job = Job(command: .shell("true"))
                job.state = state
                return JobState(job, in: place).rawValue
            }
            let words = row.words.map { $0.replacingOccurrences(of: ",", with: "") }
            let documented = Set(words).intersection(JobState.allCases.map(\.rawValue))
            #expect(documented == Set(states), "\(place)")
        }
    }

    @Test func theNames() throws {
        let ranks = Job.Priority.names.map { "\($0.name) \($0.priority.rank)" }
        #expect(text.contains(ranks.joined(separator: ", ") + "."))
        let id = JobIDGenerator().make(at: Instant(seconds: 1_800_000_000)).description
        let forms = [
            "RANK": "5", "ULID": id, "DUE": "20261121T073000.000Z", "ATTEMPT": "12",
        ]
        let rows = try manual.lines("NAMES").filter { $0.macro == "It" && $0.words.first == "Pa" }
        var seen: Set<Place> = []
        for row in rows {
            let columns = row.words.split(separator: "Ta")
            let place = try #require(
                Place(rawValue: columns[0][1].replacingOccurrences(of: "/", with: "")))
            let name = columns[1].filter { $0 != "Ar" && $0 != "Ns" }
                .map { forms[$0] ?? ($0 == "\\&." ? "." : $0) }.joined()
            #expect(JobFileName(name)?.fits(place) == true, "\(place): \(name)")
            seen.insert(place)
        }
        #expect(seen == Set(Place.allCases))
    }

    @Test func theNumbers() throws {
        let rules = AdmissionRules()
        #expect(rules.grace == .seconds(1) && text.contains("for 1 second from its last change"))
        #expect(
            rules.graceWithoutLease == .seconds(10) && text.contains("10 seconds if leases"))
        #expect(rules.temporaryAge == .seconds(60) && text.contains("touched for 60 seconds"))
        #expect(Recover.lease == .seconds(60) && text.contains("is 60\nseconds old"))
        #expect(LogFormat.longestPiece == 65_536 && text.contains("at most 65,536 bytes"))
        #expect(Job.defaultKillAfter.description == "10s" && text.contains("The default is 10s."))
        #expect(Job.defaultOutputLimit.description == "1G" && text.contains("The default is 1G."))
    }
}

import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolRunner

/// Files that fail, each for a reason of its own: they hold up no others, however many they are.
struct SingleFailureTests {
    /// More than a worker remembers one by one.
    private static let count = 1050

    private func lines(_ process: ProgramRun, with text: String) throws -> Int {
        String(decoding: try process.errorSoFar(), as: UTF8.self).split(separator: "\n")
            .count { $0.contains(text) }
    }

    /// Once nothing is in the way, all are brought in, and that is told.
    private func expectAllToCome(_ spool: TemporarySpool, _ worker: ProgramRun) throws {
        #expect(try lines(worker, with: "incoming/q") == 1)
        try spool.remove("incoming/q")
        try spool.wait("all wait in their queue") {
            try spool.names("incoming/q").count == SingleFailureTests.count
        }
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": over, after ") == 1
        }
    }

    @Test func scheduledJobsOfAQueueWithoutADirectory() throws {
        let spool = try TemporarySpool()
        let library = try spool.open()
        #expect(try spool.run("pause", "q").status == 0)
        try spool.write("incoming/q", "")
        var job = Job(command: .arguments(["true"]))
        job.queue = "q"
        job.delay = .seconds(3)
        job.sync = .off
        for _ in 0..<SingleFailureTests.count { _ = try library.submit(job) }
        let worker = try spool.startWorker("-j", "1")
        let good = try (0..<3).map { _ in try spool.submit("-d", "3s", "-c", "true") }
        for id in good {
            try spool.wait("\(id) has run", upTo: 40) { try spool.place(of: id) == .done }
        }
        try expectAllToCome(spool, worker)
    }

    @Test func droppedJobsOfAQueueWithoutADirectory() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        #expect(try spool.run("pause", "q").status == 0)
        try spool.write("incoming/q", "")
        let job = #"{"command": "true", "queue": "q", "sync": "off"}"#
        for number in 0..<SingleFailureTests.count {
            try spool.write("incoming/bad-\(number).json", job)
        }
        try spool.drop("first.json", #"{"command": "echo first >> proof"}"#)
        let worker = try spool.startWorker("-j", "1")
        try spool.drop("second.json", #"{"command": "echo second >> proof"}"#)
        try spool.wait("both have run", upTo: 40) {
            try Set(spool.lines("proof")) == ["first", "second"]
        }
        try expectAllToCome(spool, worker)
    }

    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func waitingJobsThatCannotBeRenamed() throws {
        let spool = try TemporarySpool()
        var paths: [String] = []
        for _ in 0..<10 {
            let id = try spool.submit("-p", "3", "--", "true")
            paths.append(spool["incoming/3-\(id).json"])
        }
        try #require(ProcessControl.run(["chattr", "+i"] + paths) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i"] + paths) }
        let worker = try spool.startWorker("-j", "1")
        for _ in 0..<5 {
            let id = try spool.submit("--", "true")
            try spool.wait("\(id) has run", upTo: 20) { try spool.place(of: id) == .done }
        }
        #expect(try lines(worker, with: ": rename: ") == 1)
        #expect(ProcessControl.run(["chattr", "-i"] + paths) == 0)
        try spool.wait("all have run") { try spool.ids(in: .done).count == 15 }
    }

    /// Those that were passed over aren't met again and again instead of others.
    @Test func aListBeginsBehindWhatWasPassedOver() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        var job = Job(command: .arguments(["true"]))
        for hours in 1...4 {
            job.delay = .seconds(Int64(3600 * hours))
            _ = try spool.submit(job)
        }
        let all = try Promote(spool.storage).timetable(limit: 9).first
        #expect(all.count == 4)
        let rest = try Promote(spool.storage).timetable(limit: 1, after: all[1])
        #expect(rest.first == [all[2]] && rest.hasMore)
        for number in 0..<4 { try temporary.write("incoming/\(number).json", "") }
        func window(after last: String? = nil) -> [(name: String, queue: String?, key: String)] {
            var window = DropInWindow(after: last)
            for number in 0..<4 { window.insert("\(number).json", queue: nil, of: spool) }
            return window.sorted
        }
        let dropped = window()
        #expect(dropped.count == 4)
        #expect(window(after: dropped[1].key).map(\.name) == dropped[2...].map(\.name))
    }

    /// Each worker looks anew then.
    @Test func aMarkOfTheBootThatIsNoFile() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.check(mkdir(spool["state/boot.\(Host.name)"], 0o700), "mkdir")
        let worker = try spool.startWorker("-j", "1")
        let id = try spool.submit("--", "true")
        try spool.wait(for: id, in: .done)
        #expect(try lines(worker, with: "state/boot.") == 1)
    }
}

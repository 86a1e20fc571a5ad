import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// What fails over and over is told once, and tried again ever more rarely; and once more when it is over.
struct TroubleTests {
    private static let second: Int64 = 1_000_000_000

    private func failure(_ path: String, _ errno: Errno = .notPermitted) -> SpoolError {
        SpoolError(errno, "rename", path)
    }

    /// A call that changes what it is made on can't stand in an expectation.
    private func tells(
        _ troubles: inout Troubles<Int>, _ item: Int, _ work: String, _ error: SpoolError
    ) -> Bool {
        troubles.fail(item, for: work, error, at: 0)
    }

    @Test func oneTroubleOfManyThingsIsToldOnce() {
        var troubles = Troubles<Int>()
        let second = TroubleTests.second
        let first = tells(&troubles, 1, "w", failure("/s/a"))
        #expect(first)
        for _ in 0..<5 {
            for item in 1...3 {
                let isTold = tells(&troubles, item, "w", failure("/s/\(item)"))
                #expect(!isTold)
            }
        }
        let other = tells(&troubles, 4, "other", failure("/s/a"))
        #expect(other, "in other work")
        let early = troubles.overcome(1, at: second)
        #expect(early == nil, "two are left")
        troubles.forget(2)
        let over = troubles.overcome(3, at: 90 * second)
        #expect(over == "/s/a: rename: over, after 16 failures in 1m30s")
        let again = troubles.overcome(3, at: second)
        #expect(again == nil, "said once")
        let last = troubles.overcome(4, at: 5)
        #expect(last != nil)
        #expect(troubles.isEmpty)
    }

    @Test func anotherFailureOfTheSameIsTold() {
        var troubles = Troubles<Int>()
        let told = [
            tells(&troubles, 1, "w", failure("/s/a")),
            tells(&troubles, 1, "w", failure("/s/a", .noSpace)),
        ]
        #expect(told == [true, true])
        let over = troubles.overcome(1, at: 0)
        #expect(over?.contains("after 1 failure in less than") == true)
        #expect(troubles.isEmpty)
    }

    @Test func twoFailuresThatTakeTurnsAreToldOnceEach() {
        var troubles = Troubles<Int>()
        var told = 0
        for turn in 0..<40 {
            let error = failure("/s/a", turn.isMultiple(of: 2) ? .notPermitted : .notDirectory)
            if tells(&troubles, 1, "w", error) { told += 1 }
        }
        #expect(told == 2)
    }

    @Test func whatComesBackSoonIsNotToldAgain() {
        var troubles = Troubles<Int>()
        let second = TroubleTests.second
        func fails(_ time: Int64, _ troubles: inout Troubles<Int>) -> Bool {
            troubles.fail(1, for: "w", failure("/s/a"), at: time * second)
        }
        var told = [fails(0, &troubles)]
        let since = troubles.since { $0 == 1 }
        #expect(since == 0)
        let over = troubles.overcome(1, at: second)
        #expect(over != nil)
        let none = troubles.since { _ in true }
        #expect(none == nil && !troubles.has(1))
        told.append(fails(2, &troubles))
        let again = troubles.overcome(1, at: 3 * second)
        #expect(again == nil, "nobody was told of it")
        for time in [62, 64, 121, 122, 123] as [Int64] { told.append(fails(time, &troubles)) }
        #expect(told == [true, false, false, false, false, true, false], "but if it stays")
        let last = troubles.overcome(1, at: 124 * second)
        #expect(last?.contains("in 1m2s") == true)
        let later = fails(200, &troubles)
        #expect(later, "long after")
    }

    @Test func restsGrow() {
        var rest = BackOff()
        #expect(!rest.isOn)
        var last: Int64 = 0
        for _ in 0..<20 {
            rest.begin()
            #expect(rest.isOn)
            let length = rest.end - Clock.monotonic()
            #expect(length >= last - TroubleTests.second / 10)
            #expect(length <= 10 * TroubleTests.second)
            last = length
        }
        #expect(last > 9 * TroubleTests.second)
        rest.wake()
        #expect(!rest.isOn)
    }

    /// All the lines that a worker has written of something.
    private func lines(_ process: ProgramRun, with text: String) throws -> [Substring] {
        String(decoding: try process.errorSoFar(), as: UTF8.self).split(separator: "\n")
            .filter { $0.contains(text) }
    }

    /// In place of incoming/ there is a file, so that nothing can be renamed into it.
    @Test func jobsThatCannotBeBroughtInAreToldOfOnce() throws {
        let spool = try TemporarySpool()
        let ids = try (0..<5).map { _ in try spool.submit("-d", "1ms", "-c", "true") }
        try spool.rename("incoming", to: "aside")
        try spool.write("incoming", "")
        let worker = try spool.startWorker("-j", "1")
        try spool.wait("it has complained") { try !lines(worker, with: ": rename: ").isEmpty }
        try spool.remove("incoming")
        try spool.rename("aside", to: "incoming")
        for id in ids { try spool.wait(for: id, in: .done) }
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": rename: over, after ").count == 1
        }
        #expect(try lines(worker, with: ": rename: ").count == 2)
    }

    /// The end of a job is nowhere but with its runner then.
    @Test(arguments: ["full", "off"])
    func anEndThatCannotBeFiledIsTold(sync: String) throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        let link = "done/\(try spool.open().storage.now().day)"
        try FileTree.check(symlink("/tmp", spool[link]), "symlink")
        let id = try spool.submit("--sync", sync, "-c", "exit 0")
        try spool.wait("the worker says it") {
            try lines(worker, with: "\(id).1.json: its end: ").count == 1
        }
        try spool.wait("the overview says it") {
            try spool.run("status").text.contains("\(id) has ended, and can't leave running/")
        }
        #expect(try spool.run("status", "--json").text.contains(#""code":"unfiled""#))
        try spool.remove(link)
        try spool.wait(for: id, in: .done)
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": its end: over, after ").count == 1
        }
        #expect(try lines(worker, with: ": its end: ").count == 2)
        #expect(try !spool.run("status").text.contains("can't leave running/"))
    }

    @Test func aReportOfARunnerIsWhatItWas() throws {
        let error = failure("/s/a", .noSpace)
        let id = try #require(JobID("01M8MV8WSC13S19T82HR95M422"))
        let place = JobLocation.running(id, attempt: 1)
        let report = RunnerReport(bytes: RunnerReport(error, of: place).bytes)
        let path = "/s/\(place.path)"
        let text = "No space left on device (\(error.message))"
        #expect(report.location == place)
        #expect(report.error(in: "/s").message == "\(path): its end: \(text)")
        #expect(report.error(in: "/s").errno == error.errno)
        #expect(report.error(in: "/s").path == path)
        let long = RunnerReport(
            "t", of: place, errno: 28, text: String(repeating: "é", count: 4000))
        #expect(long.bytes.count <= 1000)
        let cut = RunnerReport(bytes: long.bytes)
        #expect(cut.location == place && cut.error(in: "/s").errno == 28)
        let none = RunnerReport(bytes: [UInt8]())
        #expect(none.location == nil)
        #expect(none.error(in: "/s").message.contains("it can't be recorded"))
    }

    /// The worker takes it for the runner of the next job then.
    @Test func whatIsTheMatterWithTheJobBeforeIsTold() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "1")
        let first = try spool.submit("-c", "read line < gate; exit 3")
        try spool.wait(for: first, in: .running)
        let next = try spool.submit("-c", "true")
        // Nothing can be recorded.
        try spool.rename("tmp", to: "aside")
        try spool.write("tmp", "")
        try gate.open()
        try spool.wait("the worker says it") {
            try lines(worker, with: "\(first).1.json: its end: ").count == 1
        }
        try spool.remove("tmp")
        try spool.rename("aside", to: "tmp")
        try spool.wait(for: first, in: .failed)
        try spool.wait(for: next, in: .done)
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": its end: over, after ").count == 1
        }
        #expect(try spool.job(first).attempts?.map(\.exitCode) == [3])
        #expect(try spool.job(next).attempts?.count == 1)
    }

    @Test(
        .enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"),
        arguments: ["incoming", "scheduled"])
    func aFileThatCannotBeMovedStopsNoOther(place: String) throws {
        let spool = try TemporarySpool()
        let options = place == "scheduled" ? ["-d", "1ms"] : []
        let first = try spool.submit(options + ["-c", "true"])
        let path = spool[try #require(try spool.jobPaths().first)]
        try #require(ProcessControl.run(["chattr", "+i", path]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", path]) }
        let worker = try spool.startWorker("-j", "1")
        let others = try (0..<3).map { _ in try spool.submit(options + ["-c", "true"]) }
        for id in others { try spool.wait(for: id, in: .done) }
        #expect(ProcessControl.run(["chattr", "-i", path]) == 0)
        try spool.wait(for: first, in: .done)
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": over, after ").count == 1
        }
        #expect(try lines(worker, with: first).count == 2)
    }

    /// Those that weren't even tried meanwhile too: the regular look is five minutes away.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func whatWasDroppedMeanwhileIsNotForgotten() throws {
        let spool = try TemporarySpool()
        for number in 0..<8 { try spool.drop("\(number).json", #"{"command": ["true"]}"#) }
        try #require(ProcessControl.run(["chattr", "+i", spool["incoming"]]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", spool["incoming"]]) }
        let worker = try spool.startWorker("-j", "1")
        try spool.wait("it has complained") { try !lines(worker, with: ": rename: ").isEmpty }
        #expect(ProcessControl.run(["chattr", "-i", spool["incoming"]]) == 0)
        try spool.wait("all have run") { try spool.ids(in: .done).count == 8 }
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": rename: over, after ").count == 1
        }
        #expect(try lines(worker, with: ": rename: ").count == 2)
    }

    private func immutable(_ path: String) -> Bool {
        ProcessControl.run(["chattr", "+i", path]) == 0
    }

    private static let deadlyPrctl = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <signal.h>
        #include <stdarg.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <unistd.h>

        // A runner calls this before anything else.
        int prctl(int option, ...) {
            int (*next)(int, ...) = dlsym(RTLD_NEXT, "prctl");
            long words[4];
            va_list list;
            va_start(list, option);
            for (int i = 0; i < 4; i++) words[i] = va_arg(list, long);
            va_end(list);
            if (option == PR_SET_CHILD_SUBREAPER && !access(getenv("SPOOL_DEADLY"), F_OK)) raise(SIGKILL);
            return next(option, words[0], words[1], words[2], words[3]);
        }
        """

    @Test(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
    func runnersThatAllDieUnbornAreNotStartedOnAndOn() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let library = try #require(
            try Preload.make(
                "deadly", TroubleTests.deadlyPrctl, for: TemporarySpool.binary, in: spool.base))
        let deadly = spool.home + "/deadly"
        try FileTree.write(deadly, [])
        let worker = try spool.start(
            ["worker", "-j", "1"], environment: ["LD_PRELOAD": library, "SPOOL_DEADLY": deadly])
        let id = try spool.submit("--", "true")
        try spool.wait("it has complained") {
            try !lines(worker, with: "runners in a row have died").isEmpty
        }
        // The first rest is of a second or so, and each is longer.
        let deaths = try spool.verbs(of: id).count { $0 == "put-back" }
        #expect((3..<10).contains(deaths))
        // Nothing of it is lost or counted.
        #expect(try spool.place(of: id) == .incoming)
        #expect(try spool.job(id).attempts?.isEmpty ?? true)
    }

    /// Who waits for its end would wait for ever.
    @Test(
        .enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"),
        arguments: ["incoming", "file"])
    func aWorkerThatIsToEndGivesUp(place: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let path = spool["incoming/5-\(id).json"]
        if place == "incoming" {
            try spool.rename("incoming", to: "aside")
            try spool.write("incoming", "")
        } else {
            try #require(immutable(path))
        }
        defer { _ = ProcessControl.run(["chattr", "-i", path]) }
        let result = try spool.run("worker", "--until-empty")
        #expect(result.status == 74)
        #expect(result.errorText.contains("not everything could be done"), "\(result.errorText)")
        #expect(result.errorText.contains("has failed for 10s"))
    }

    /// The runner has no output of its own.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func anEndThatCannotBeRecordedIsTold() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let id = try spool.submit("-c", "exit 3")
        try #require(immutable(spool["failed"]))
        defer { _ = ProcessControl.run(["chattr", "-i", spool["failed"]]) }
        let result = try spool.run("worker", "--until-empty")
        #expect(result.status == 74)
        #expect(result.errorText.contains("running/\(id).1.json: its end: Operation not permitted"))
        #expect(ProcessControl.run(["chattr", "-i", spool["failed"]]) == 0)
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).attempts?.map(\.exitCode) == [3])
    }

    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func anEndThatIsRecordedLaterIsTold() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let worker = try spool.startWorker("-j", "1")
        try #require(immutable(spool["failed"]))
        defer { _ = ProcessControl.run(["chattr", "-i", spool["failed"]]) }
        let id = try spool.submit("-c", "exit 3")
        try spool.wait("it has complained") { try !lines(worker, with: ": its end: ").isEmpty }
        #expect(ProcessControl.run(["chattr", "-i", spool["failed"]]) == 0)
        try spool.wait(for: id, in: .failed)
        try spool.wait("it says that it's over") {
            try lines(worker, with: ": its end: over, after ").count == 1
        }
        #expect(try lines(worker, with: ": its end: ").count == 2)
    }

    /// A scheduler that can't do its work says so once, and tries ever more rarely.
    @Test func aSchedulerTellsOfItsTroubleOnce() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.rename("state", to: "aside")
        try spool.write("state", "")
        let scheduler = try spool.start("scheduler")
        try spool.wait("it has complained") { try !lines(scheduler, with: "state").isEmpty }
        try spool.remove("state")
        try spool.rename("aside", to: "state")
        try spool.wait("it goes on") { try !lines(scheduler, with: "scheduling 0").isEmpty }
        #expect(try lines(scheduler, with: "state").count { !$0.contains(": over, ") } == 1)
        #expect(try lines(scheduler, with: "scheduling 0").count == 1)
    }
}

import Spool
import SpoolTestSupport
import Testing

/// `spool wait`: one status for any number of jobs.
struct WaitTests {
    @Test func waitsForSeveralAndAnswersWithTheFirstFailure() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let good = try spool.submit("-c", "read line < gate")
        let bad = try spool.submit("-c", "read line < gate; exit 6")
        let worse = try spool.submit("-c", "exit 9")
        let waiting = try spool.start("wait", good, bad, worse)
        try spool.startWorker("-j", "3")
        try spool.wait(for: worse, in: .failed)
        try gate.open()
        #expect(try waiting.wait().status == 6)
        #expect(try spool.run("wait", good).status == 0)
        #expect(try spool.run("wait", worse, bad).status == 9)
    }

    @Test func givesUpAfterItsTimeout() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let result = try spool.run("wait", "--timeout", "10ms", id)
        #expect(result.status == 75)
        #expect(result.errorText.contains("still not ended: 1 of 1"))
        #expect(try spool.place(of: id) == .incoming)
    }

    /// However often a job goes back to scheduled/ while the places are listed, it is seen.
    @Test func seesJobsThatMove() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "-m", "1000", "--sync", "off", "--backoff", "fixed:1ms", "--", "false")
        try spool.startWorker("-j", "1")
        try spool.wait("it runs") { try spool.ids(in: .incoming).isEmpty }
        var looks = 0
        while looks < 60 {
            let result = try spool.run("wait", "--all-projects", "--timeout", "0s")
            if try spool.ids(in: .deadLetter) == [id] { break }
            looks += 1
            #expect(result.status == 75, "\(result.errorText)")
        }
        #expect(looks > 0)
    }

    @Test func waitsThroughRetriesToTheEnd() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "-m", "3", "--backoff", "fixed:200ms", "-c", "echo x >> tries; exit 8")
        let waiting = try spool.start("wait", id)
        try spool.startWorker("-j", "1")
        #expect(try waiting.wait().status == 8)
        #expect(try spool.lines("tries").count == 3)
        #expect(try spool.place(of: id) == .deadLetter)
    }

    @Test func waitsForAllOfTheProjectWithoutIds() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "true")
        let bad = try spool.submit("-c", "exit 3")
        let held = try spool.submit("--hold", "--", "true")
        let waiting = try spool.start("wait")
        try spool.startWorker("-j", "1")
        #expect(try waiting.wait().status == 3)
        #expect(try spool.place(of: bad) == .failed)
        #expect(try spool.place(of: held) == .held)
    }

    /// A code that means success is the job's own if it is waited for alone, and no failure among others.
    @Test func aCodeThatMeansSuccessIsNoFailureAmongSeveral() throws {
        let spool = try TemporarySpool()
        let odd = try spool.submit("--success-on", "3", "-c", "exit 3")
        let plain = try spool.submit("--", "true")
        let zero = try spool.submit("--success-on", "3", "--", "true")
        try spool.startWorker("-j", "1")
        #expect(try spool.run("wait", odd).status == 3)
        for words in [["wait", odd, plain], ["wait", plain, odd], ["logs", "-f", plain, odd]] {
            #expect(try spool.run(words).status == 0, "\(words)")
        }
        #expect(try spool.run("wait", plain, odd, zero).status == 1)
        let result = try spool.run("run", "-w", "--success-on", "3", "--", "true")
        let reason = "failed: exit code 0, which \"success_on\" doesn't name"
        #expect(result.status == 1 && result.errorText.contains(reason), "\(result.errorText)")
    }

    @Test func hasNothingToWaitFor() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        #expect(try spool.run("wait").status == 0)
        #expect(try spool.run("wait", "NOSUCHJOB").status == 66)
    }

    @Test func noticesThatAJobIsRemoved() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let waiting = try spool.start("wait", id)
        try spool.wait("it waits") { try !watchesNothing(waiting.pid) }
        try spool.remove(try #require(try spool.jobPaths().first))
        let result = try waiting.wait()
        #expect(result.status == 66)
        #expect(result.errorText.contains("is gone"))
    }

    /// Whether a process has no inotify watch yet.
    private func watchesNothing(_ pid: Int32) throws -> Bool {
        for number in 3..<16 {
            let path = "/proc/\(pid)/fdinfo/\(number)"
            // It may be closed at any moment.
            guard let bytes = try? FileTree.read(path) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains("inotify wd:") { return false }
        }
        return true
    }

    /// A user has 128 instances of inotify(7) on many systems.
    @Test(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
    func onlyWhoHasToWaitTakesAnInstance() throws {
        let spool = try TemporarySpool()
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <fcntl.h>
            #include <unistd.h>

            int inotify_init1(int flags) {
                int (*next)(int) = dlsym(RTLD_NEXT, "inotify_init1");
                int file = open("\(spool.home)/instances", O_WRONLY | O_CREAT | O_APPEND, 0600);
                if (file < 0 || write(file, "one\\n", 4) != 4) return -1;
                close(file);
                return next(flags);
            }

            """
        let library = try #require(
            try Preload.make("instances", source, for: TemporarySpool.binary, in: spool.base))
        func instances(_ words: String...) throws -> Int {
            FileTree.remove(spool.home + "/instances")
            #expect(try spool.run(words, environment: ["LD_PRELOAD": library]).status == 0)
            guard FileTree.exists(spool.home + "/instances") else { return 0 }
            return try spool.lines("instances").count
        }
        try spool.startWorker("-j", "1")
        #expect(try instances("run", "-w", "--", "sleep", "0.01") == 1)
        let id = try spool.onlyID(in: .done)
        #expect(try instances("wait", id) == 0)
        #expect(try instances("logs", "-f", id) == 0)
    }
}

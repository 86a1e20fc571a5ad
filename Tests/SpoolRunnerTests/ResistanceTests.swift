import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Commands that take no signal, as those of set-user-ID programs.
struct ResistanceTests {
    /// Process groups take none while there is a file of that name.
    private static let resistingKill = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <signal.h>
        #include <stdlib.h>
        #include <unistd.h>
        int kill(pid_t pid, int signal) {
            static int (*next)(pid_t, int);
            if (!next) next = dlsym(RTLD_NEXT, "kill");
            const char *file = getenv("SPOOL_RESISTING");
            if (pid < -1 && file && access(file, F_OK) == 0) {
                // A group that is gone is gone, whoever it was.
                if (next(pid, 0) == 0) errno = EPERM;
                return -1;
            }
            return next(pid, signal);
        }
        """

    @Test(
        .enabled(if: Preload.isPossible, "no C compiler, or the program is static"),
        arguments: [Attempt.Outcome.timedOut, .cancelled])
    func aCommandThatCannotBeEndedIsTold(_ outcome: Attempt.Outcome) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let library = try #require(
            try Preload.make(
                "resisting", ResistanceTests.resistingKill, for: TemporarySpool.binary,
                in: spool.base))
        let file = spool.home + "/resisting"
        try FileTree.write(file, [])
        let preload = ["LD_PRELOAD": library, "SPOOL_RESISTING": file]
        let worker = try spool.start(["worker", "-j", "1"], environment: preload)
        let gate = try Gate(spool)
        let options = outcome == .timedOut ? ["-t", "100ms", "--kill-after", "100ms"] : []
        let id = try spool.submit(options + ["-c", "echo up; read line < gate; exit 4"])
        let other = try spool.submit("-c", "true")
        try spool.wait("it runs") { try spool.run("logs", id).text == "up\n" }
        if outcome == .cancelled { #expect(try spool.run("cancel", id).status == 0) }
        let text = "can't be ended: Operation not permitted; "
        func lines() throws -> Int {
            String(decoding: try worker.errorSoFar(), as: UTF8.self).split(separator: "\n")
                .count { $0.contains("\(id).1.json: " + text) }
        }
        try spool.wait("the worker says it") { try lines() == 1 }
        #expect(
            try spool.run("logs", id).errorText == "spool: \(text)it runs as another user,"
                + " and keeps its slots until it ends\n")
        let status = try spool.run(["status", id], environment: preload).text
        #expect(status.contains("ending:      " + text))
        #expect(try spool.place(of: other) == .incoming, "the slot is taken")
        try gate.open()
        try spool.wait(for: id, in: .failed)
        try spool.wait(for: other, in: .done)
        let attempt = try #require(try spool.job(id).attempts?.last)
        #expect(attempt.outcome == outcome && attempt.exitCode == 4)
        #expect(attempt.message?.contains("could not be ended: Operation not permitted") == true)
        #expect(try lines() == 1, "said once")
    }

    /// As on a kernel before 3.17, or under a filter of system calls.
    @Test(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
    func runnersNeedNoGetrandom() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let source = """
            #include <errno.h>
            #include <sys/types.h>
            ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
                errno = ENOSYS;
                return -1;
            }
            """
        let library = try #require(
            try Preload.make(
                "norandom", source, for: TemporarySpool.binary, in: spool.base))
        let preload = ["LD_PRELOAD": library]
        for _ in 0..<3 {
            let words = ["run", "--max-attempts", "2", "--backoff", "fixed:1ms", "-c", "exit 3"]
            #expect(try spool.run(words, environment: preload).status == 0)
        }
        let result = try spool.run(["worker", "--until-empty", "-j", "1"], environment: preload)
        #expect(result.status == 0)
        #expect(try spool.ids(in: .deadLetter).count == 3)
    }
}

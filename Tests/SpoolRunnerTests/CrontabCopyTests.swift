import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// The copy of a crontab that can be read and not written, or not be read.
struct CrontabCopyTests {
    private static let copy = "state/crontabs/crontab"

    private func free(_ path: String, _ bench: SchedulerBench) {
        _ = ProcessControl.run(["chattr", "-i", bench.directory[path]])
    }

    /// The copy tells when the entry was first seen, and the mark which of its slots have run.
    @Test(
        .enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"),
        arguments: ["last", "all"])
    func aMarkOfTheFutureStaysWithoutANewFirstSight(_ catchUp: String) throws {
        let bench = try SchedulerBench(
            "OVERLAP=allow\nCATCH_UP=\(catchUp)\n0 * * * * \(entryJob("a"))")
        try bench.run(to: 120)
        #expect(try bench.slots() == [60, 120])
        bench.step(.seconds(86_400 * 365))
        try bench.tick()
        for job in try bench.jobs() { try bench.finish(job) }
        try #require(
            ProcessControl.run(["chattr", "+i", bench.directory[Self.copy]]) == 0)
        defer { free(Self.copy, bench) }
        bench.step(.seconds(-86_400 * 365))
        try bench.tick()
        try bench.restart()
        try bench.run(to: 130)
        #expect(try bench.slots().isEmpty)
        #expect(!bench.reports.contains { $0.contains("far in the future") })
        free(Self.copy, bench)
        try bench.run(to: 180)
        #expect(try bench.slots() == [180])
        #expect(bench.reports.count { $0.contains("far in the future") } == 1)
        try bench.restart()
        #expect(try bench.slots() == [180])
    }

    /// The text in force is another one than that of the copy.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func aBrokenEditKeepsATextWithoutACopyInForce() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try #require(
            ProcessControl.run(["chattr", "+i", bench.directory[Self.copy]]) == 0)
        defer { free(Self.copy, bench) }
        try bench.write("OVERLAP=allow\n@every 25m \(entryJob("b"))")
        try bench.reload()
        #expect(bench.reports.count { $0.contains(Self.copy) } == 1, "\(bench.reports)")
        try bench.run(to: 15)
        #expect(try bench.jobs().isEmpty)
        try bench.write("OVERLAP=allow\n@every 25m \(entryJob("b"))\n61 * * * * true")
        try bench.reload()
        try bench.run(to: 30)
        #expect(try bench.jobs().map(\.name) == ["b"])
        #expect(try bench.slots() == [25])
        // An entry that was there before counts from its first sight.
        try bench.write("# another\nOVERLAP=allow\n@every 25m \(entryJob("b"))")
        try bench.reload()
        try bench.run(to: 55)
        #expect(try bench.slots() == [25, 50])
        // A broken text in its place doesn't keep the copy from being written.
        try bench.write("61 * * * * true")
        try bench.reload()
        free(Self.copy, bench)
        try bench.run(to: 60)
        #expect(try bench.directory.read(Self.copy).contains("# another"))
        try bench.restart()
        try bench.run(to: 80)
        #expect(try bench.slots() == [25, 50, 75])
    }

    private static let previous = "state/crontabs/crontab.previous"

    private func told(_ bench: SchedulerBench) -> Int {
        bench.reports.count {
            $0.contains("has no entries any more; ")
                && $0.hasSuffix(Self.previous + " holds those it had")
        }
    }

    /// Puts something in the place of the copy that can't be read: a link can be replaced, and a directory can't.
    private func hideCopy(behind kind: String, _ bench: SchedulerBench) throws {
        try bench.directory.rename(Self.copy, to: "state/copy")
        let path = bench.directory[Self.copy]
        if kind == "link" {
            try FileTree.check(symlink(bench.directory["state/copy"], path), "link")
        } else {
            try FileTree.check(mkdir(path, 0o700), "mkdir")
        }
    }

    /// It lies nowhere else once its copy is replaced.
    @Test(arguments: ["link", "directory"])
    func aFormerTextIsKeptWithoutItsCopy(_ kind: String) throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try hideCopy(behind: kind, bench)
        try bench.write("# none")
        try bench.reload()
        #expect(try bench.directory.read(Self.previous).contains(entryJob("a")))
        #expect(told(bench) == (kind == "link" ? 1 : 0), "\(bench.reports)")
        // Another text without entries takes nothing away.
        try bench.write("# still none")
        try bench.reload()
        if kind == "directory" { FileTree.remove(bench.directory[Self.copy]) }
        try bench.run(to: 2)
        #expect(told(bench) == 1, "\(bench.reports)")
        #expect(try bench.directory.read(Self.copy).contains("# still none"))
        #expect(try bench.directory.read(Self.previous).contains(entryJob("a")))
    }

    /// The copy on the disk is that of an older one.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func aFormerTextThatNeverHadACopyIsKept() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try #require(ProcessControl.run(["chattr", "+i", bench.directory[Self.copy]]) == 0)
        defer { free(Self.copy, bench) }
        try bench.write("OVERLAP=allow\n*/10 * * * * \(entryJob("b"))")
        try bench.reload()
        try bench.write("# none")
        try bench.reload()
        #expect(told(bench) == 0, "\(bench.reports)")
        free(Self.copy, bench)
        try bench.run(to: 2)
        #expect(told(bench) == 1, "\(bench.reports)")
        #expect(try bench.directory.read(Self.previous).contains(entryJob("b")))
    }

    /// A new scheduler knows no text but that of the copy.
    @Test func aCopyThatCannotBeReadIsNotReplacedByNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        bench.stop()
        try hideCopy(behind: "link", bench)
        try bench.write("# none")
        try bench.restart()
        #expect(bench.reports.count { $0.contains(bench.directory[Self.copy]) } == 1)
        try bench.directory.remove(Self.copy)
        try bench.directory.rename("state/copy", to: Self.copy)
        try bench.run(to: 2)
        #expect(told(bench) == 1, "\(bench.reports)")
        #expect(try bench.directory.read(Self.previous).contains(entryJob("a")))
        #expect(try bench.directory.read(Self.copy).contains("# none"))
    }

    /// At 3, every day; it was missed on the last one.
    private static let daily = "CATCH_UP=last\nOVERLAP=allow\n0 3 * * * \(entryJob("daily"))"

    /// A crontab that has been there for days, and a boot in which no scheduler ran yet.
    private func slept(_ more: String = "") throws -> SchedulerBench {
        let bench = try SchedulerBench(Self.daily + more)
        bench.stop()
        for job in try bench.jobs() { try bench.finish(job) }
        bench.pass(.seconds(2 * 86_400))
        bench.bootID = "11234567-89ab-cdef-0123-456789abcdef"
        return bench
    }

    private func names(_ bench: SchedulerBench) throws -> [String] {
        try bench.jobs().compactMap(\.name).sorted()
    }

    /// While somebody else writes to a file, what its copy says is in force.
    @Test func aFileThatIsBeingWrittenAsASchedulerStartsIsKnown() throws {
        let bench = try slept("\n@reboot \(entryJob("boot"))")
        let writer = open(bench.directory["crontab"], O_WRONLY | O_APPEND)
        try #require(writer >= 0)
        try bench.restart()
        #expect(try names(bench) == ["boot", "daily"])
        bench.pass(.seconds(4))
        try bench.tick()
        #expect(try bench.directory.read(Self.copy).contains("daily"))
        let text = "# written\n"
        #expect(write(writer, text, text.utf8.count) == text.utf8.count)
        close(writer)
        bench.pass(.seconds(2))
        try bench.tick()
        #expect(try bench.directory.read(Self.copy).contains("# written"))
        #expect(try names(bench) == ["boot", "daily"])
    }

    /// Whoever may write to it could have changed it.
    @Test func aCopyThatOthersMayWriteToIsNotReplaced() throws {
        let bench = try slept("\n@reboot \(entryJob("boot"))")
        let path = bench.directory[Self.copy]
        try FileTree.check(chmod(path, 0o666), "chmod")
        try bench.restart()
        #expect(try names(bench).isEmpty)
        #expect(bench.reports.count { $0.contains(path) } == 1, "\(bench.reports)")
        try bench.run(to: 2 * 1440 + 3)
        #expect(try names(bench).isEmpty)
        try FileTree.check(chmod(path, 0o600), "chmod")
        try bench.run(to: 2 * 1440 + 6)
        // The line of the boot didn't come later.
        #expect(try names(bench) == ["boot", "daily"])
        #expect(bench.reports.contains("crontab: in force again"), "\(bench.reports)")
    }

    /// What was missed stands in it: if its entries counted as new, they would never make up for it.
    @Test(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
    func aFileWhoseCopyIsNotReadYetWaits() throws {
        let spool = try TemporarySpool()
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdio.h>
            #include <string.h>
            #include <unistd.h>

            ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
                static ssize_t (*next)(int, void *, size_t, off64_t);
                if (!next) next = dlsym(RTLD_NEXT, "pread64");
                char link[64], path[4096] = "";
                snprintf(link, sizeof link, "/proc/self/fd/%d", file);
                readlink(link, path, sizeof path - 1);
                if (!strstr(path, "/\(Self.copy)")) return next(file, bytes, count, offset);
                errno = EIO;
                return -1;
            }
            ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
                return pread64(file, bytes, count, offset);
            }
            """
        let library = try #require(
            try Preload.make("unread", source, for: TemporarySpool.binary, in: spool.base))
        func schedule(_ environment: [String: String] = [:]) throws -> ProgramResult {
            try spool.run(["scheduler", "--once"], environment: environment)
        }
        #expect(try spool.run("init").status == 0)
        let text = "CRON_TZ=UTC\nOVERLAP=allow\nCATCH_UP=all\n0 0 1 1 * \(entryJob("a"))\n"
        try spool.write("crontab", text)
        #expect(try schedule().status == 0)
        let kept = try spool.read(Self.copy)
        let aged = kept.replacing(/"at":"[^"]*"/, with: "\"at\":\"2001-06-01T00:00:00.000Z\"")
        #expect(aged != kept)
        try spool.write(Self.copy, aged)
        try spool.write("crontab", text + "# edited\n")
        let result = try schedule(["LD_PRELOAD": library])
        #expect(
            result.errorText.contains("Input/output error, the copy with what was in force"),
            "\(result)")
        #expect(try spool.read(Self.copy) == aged)
        #expect(try spool.ids(in: .incoming).isEmpty)
        let shown = try spool.run(["cron", "list"], environment: ["LD_PRELOAD": library])
        #expect(shown.errorText.contains("nothing of the file runs until"), "\(shown)")
        #expect(try schedule().status == 0)
        #expect(try spool.ids(in: .incoming).count > 20)
        #expect(try spool.read(Self.copy).contains("# edited"))
    }

    /// Makes cron.d/ unreadable, and with it the copy of cron.d/more.
    ///
    /// - Returns: the path of the copy.
    private func hideFileAndCopy(in bench: SchedulerBench) throws -> String {
        try bench.directory.rename("cron.d", to: "cron.away")
        try bench.directory.write("cron.d", "no directory")
        let copy = bench.directory["state/crontabs/cron.d-more"]
        try bench.directory.rename("state/crontabs/cron.d-more", to: "copy.away")
        try FileTree.check(symlink(bench.directory["copy.away"], copy), "link")
        return copy
    }

    /// Without its mark, slots that ran would run again once the entry is known again.
    @Test(arguments: [false, true])
    func theMarkOfAnEntryThatIsLeftOutStays(isKnown: Bool) throws {
        let bench = try SchedulerBench("OVERLAP=allow\n0 5 * * * \(entryJob("a"))")
        try bench.directory.write(
            "cron.d/more", "CRON_TZ=UTC\nOVERLAP=allow\n*/10 * * * * \(entryJob("b"))\n")
        try bench.reload()
        try bench.run(to: 10)
        bench.stop()
        func hasMark() throws -> Bool {
            try bench.directory.names("state/slots").contains { $0.hasPrefix("b@") }
        }
        #expect(try hasMark())
        if isKnown {
            try bench.directory.rename("cron.d", to: "cron.away")
            try FileTree.check(mkdir(bench.directory["cron.d"], 0o700), "mkdir")
        } else {
            _ = try hideFileAndCopy(in: bench)
        }
        try bench.restart()
        try bench.run(to: 3000)
        try #require(bench.engine).sweep()
        #expect(try hasMark() == !isKnown)
    }

    /// Which files cron.d/ holds can't be seen, and of one of them the text in force neither.
    @Test func aCopyThatCannotBeReadIsTold() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.directory.write(
            "cron.d/more", "CRON_TZ=UTC\nOVERLAP=allow\n*/10 * * * * \(entryJob("b"))\n")
        try bench.reload()
        bench.stop()
        let copy = try hideFileAndCopy(in: bench)
        try bench.restart()
        try bench.run(to: 10)
        #expect(try bench.jobs().map(\.name) == ["a"])
        #expect(bench.reports.count { $0.hasPrefix(copy) } == 1, "\(bench.reports)")
        // It isn't taken for the copy of a file that is gone.
        try bench.directory.remove("state/crontabs/cron.d-more")
        try bench.directory.rename("copy.away", to: "state/crontabs/cron.d-more")
        try bench.run(to: 20)
        #expect(bench.reports.contains { $0.hasPrefix(copy) && $0.contains(": over, after ") })
        #expect(try bench.jobs().compactMap(\.name).sorted() == ["a", "a", "b", "b"])
    }
}

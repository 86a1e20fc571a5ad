import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// `spool check` on file systems on which jobs can't move.
struct CheckMovesTests {
    /// Runs a script in a mount namespace of its own. `$D` is the spool, and `spool` the program.
    private static func run(_ script: String, _ spool: TemporarySpool) throws -> ProgramResult {
        let begin =
            "set -e; mount --make-rprivate /; spool() { \(TemporarySpool.binary) \"$@\"; };"
            + " export D=$SPOOL_DIR; mkdir -p $D; chmod 700 $D; "
        return try ProgramRun(
            ["unshare", "--mount", "sh", "-c", begin + script], environment: spool.environment,
            directory: "/"
        ).wait()
    }

    private static let canMount: Bool = {
        guard geteuid() == 0, let spool = try? TemporarySpool() else { return false }
        return (try? run("mount -t tmpfs -o size=64k tmpfs $D", spool))?.status == 0
    }()

    struct Mounting: Sendable, CustomStringConvertible {
        let description: String
        let script: String
        /// The beginnings of the lines.
        let findings: [String]
    }

    private static let mountings = [
        Mounting(
            description: "full",
            script: "mount -t tmpfs -o size=128k,mode=700 tmpfs $D; spool init >/dev/null;"
                + " cat /dev/zero >$D/logs/daemon.log 2>/dev/null || true",
            findings: ["error no-space tmp: the file system is full (No space left on device); "]),
        Mounting(
            description: "without inodes",
            script:
                "mount -t tmpfs -o size=1m,nr_inodes=60,mode=700 tmpfs $D; spool init >/dev/null;"
                + " for i in $(seq 99); do touch $D/.fill$i 2>/dev/null || break; done",
            findings: [
                "error no-space tmp: the file system is full (No space left on device): it has no inodes"
            ]),
        Mounting(
            description: "read-only",
            script: "spool init >/dev/null; mount --bind $D $D; mount -o remount,bind,ro $D",
            findings: ["error read-only .: "]),
        Mounting(
            description: "read-only in part",
            script:
                "spool init >/dev/null; mount --bind $D/logs $D/logs; mount -o remount,bind,ro $D/logs",
            findings: ["error read-only logs: "]),
        Mounting(
            description: "another mount",
            script: "spool init >/dev/null; mount -t tmpfs -o mode=700 tmpfs $D/incoming;"
                + " mount --bind $D/held $D/held",
            findings: ["error other-mount incoming: ", "error other-mount held: "]),
        Mounting(
            description: "full logs",
            script: "spool init >/dev/null; mount -t tmpfs -o size=16k,mode=700 tmpfs $D/logs;"
                + " cat /dev/zero >$D/logs/daemon.log 2>/dev/null || true",
            findings: ["error no-space logs: its file system is full; "]),
        Mounting(
            description: "without /proc",
            script: "spool init >/dev/null; umount -l /proc",
            findings: ["error no-processes .: /proc isn't mounted"]),
        Mounting(
            description: "allowed mounts",
            script: "spool init >/dev/null; for d in logs history; do"
                + " mount -t tmpfs -o mode=700 tmpfs $D/$d; done; mount --bind $D $D",
            findings: []),
    ]

    @Test(.enabled(if: canMount, "mounts can't be made here"), arguments: mountings)
    func jobsCantMove(_ mounting: Mounting) throws {
        let spool = try TemporarySpool()
        for options in ["", " --repair"] {
            let result = try CheckMovesTests.run(
                mounting.script + "; spool check\(options)", spool)
            #expect(result.status == (mounting.findings.isEmpty ? 0 : 1), "\(result.errorText)")
            let lines = result.text.split(separator: "\n")
            #expect(lines.count == mounting.findings.count, "\(result.text)")
            for (line, finding) in zip(lines, mounting.findings) {
                #expect(line.hasPrefix(finding), "\(result.text)")
            }
            FileTree.remove(spool.path)
        }
    }

    @Test(.enabled(if: canMount, "nobody else's rights can be had here"))
    func directoriesThatArentWritable() throws {
        let spool = try TemporarySpool()
        try FileTree.check(chmod(spool.base, 0o755), "chmod")
        let script =
            "chown 65534 $D; cd $D; setpriv --reuid=65534 --clear-groups sh -c '"
            + "\(TemporarySpool.binary) init && chmod 500 running logs && \(TemporarySpool.binary) check'"
        let result = try CheckMovesTests.run(script, spool)
        guard !result.errorText.contains("open: Permission denied") else {
            return print("skipped: another user doesn't reach \(spool.base)")
        }
        let lines = result.text.split(separator: "\n").dropFirst()
        #expect(result.status == 1, "\(result.errorText)")
        #expect(
            lines.map { $0.prefix { $0 != ":" } } == [
                "error unwritable running", "error unwritable logs",
            ],
            "\(result.text) \(result.errorText)")
    }

    @Test(
        .enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"),
        arguments: [".", "done/DAY", "incoming/JOB", "scheduled"])
    func whatHasAnAttribute(_ name: String) throws {
        let spool = try TemporarySpool()
        let day = try spool.open().storage.now().day
        try spool.open().storage.root.makeDirectory("done/\(day)")
        let id = try spool.submit("--", "true")
        let path = name.replacing("DAY", with: "\(day)").replacing("JOB", with: "5-\(id).json")
        try #require(ProcessControl.run(["chattr", "+i", spool[path]]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", spool[path]]) }
        let result = try spool.run("check")
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("error unwritable \(path): "), "\(result.text)")
        #expect(result.text.split(separator: "\n").count == 1)
        #expect(ProcessControl.run(["chattr", "-i", spool[path]]) == 0)
        #expect(try spool.run("check").text.isEmpty)
    }

    @Test func aLookLeavesNothing() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        #expect(try spool.run("check").status == 0)
        #expect(try spool.names("tmp").isEmpty)
    }

    /// Lets one call of the program fail as it does on file systems that aren't to be had everywhere.
    private static let failingCalls = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdarg.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/syscall.h>

        static int fails(const char *call, int error) {
            const char *wanted = getenv("SPOOL_FAILING_CALL");
            if (!wanted || strcmp(wanted, call)) return 0;
            errno = error;
            return 1;
        }

        int flock(int file, int operation) {
            int (*next)(int, int) = dlsym(RTLD_NEXT, "flock");
            return fails("flock", ENOLCK) ? -1 : next(file, operation);
        }

        int fsync(int file) {
            int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
            return fails("fsync", EDQUOT) ? -1 : next(file);
        }

        long syscall(long number, ...) {
            long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
            long words[6];
            va_list list;
            va_start(list, number);
            for (int i = 0; i < 6; i++) words[i] = va_arg(list, long);
            va_end(list);
            if (number == SYS_renameat2 && fails("renameat2", EINVAL)) return -1;
            return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
        }
        """

    @Test(
        .enabled(if: Preload.isPossible, "no C compiler, or the program is static"),
        arguments: [("flock", "no-locks"), ("fsync", "quota"), ("renameat2", "no-exchange")])
    func whatTheFileSystemHasNot(_ call: String, _ code: String) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let library = try #require(
            try Preload.make(
                "failing", CheckMovesTests.failingCalls, for: TemporarySpool.binary,
                in: spool.base))
        let environment = ["LD_PRELOAD": library, "SPOOL_FAILING_CALL": call]
        let result = try spool.run(["check"], environment: environment)
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("error \(code) tmp: "), "\(result.text) \(result.errorText)")
        #expect(try spool.run("check").status == 0)
    }
}

import Glibc
import Spool
import SpoolTestSupport
import Testing

/// A spool that is moved while it is in use, one with a long path, and a machine without /proc.
struct MovedSpoolTests {
    /// The command of a job that was running still has the former path.
    @Test func aSpoolThatIsMadeInAJobIsTold() throws {
        let spool = try TemporarySpool()
        let environment = ["SPOOL_JOB_ID": "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
        let first = try spool.run(["run", "--", "true"], environment: environment)
        #expect(
            first.status == 0 && first.errorText.contains("there was no spool, so one was made"))
        let second = try spool.run(["run", "--", "true"], environment: environment)
        #expect(second.status == 0 && !second.errorText.contains("one was made"))
        #expect(try spool.ids(in: .incoming).count == 2)
    }

    @Test func jobsOfAMovedSpoolGetItsPresentPath() throws {
        let spool = try TemporarySpool()
        let daemon = try spool.startWorker("-j", "1")
        let first = try spool.submit("--", "sh", "-c", "echo $SPOOL_DIR")
        try spool.wait(for: first, in: .done)
        let moved = spool.base + "/moved"
        try FileTree.check(Glibc.rename(spool.path, moved), "rename")
        // What stands at the former path now is another spool.
        #expect(try spool.run("init").status == 0)
        try FileTree.write(
            moved + "/handlers/x",
            Array(
                "#!/bin/sh\necho $0; cat $SPOOL_JOB_FILE >/dev/null && echo r >$SPOOL_RESULT".utf8),
            mode: 0o700)
        let words = [["--", "sh", "-c", "echo $SPOOL_DIR"], ["-c", "ls $SPOOL_JOB_FILE"]]
        var texts: [String] = []
        for word in words {
            let result = try spool.run(["run", "-f", "-D", moved] + word)
            #expect(result.status == 0, "\(result.errorText)")
            texts.append(result.line)
        }
        #expect(texts[0] == moved)
        #expect(texts[1].hasPrefix(moved + "/running/"))
        try FileTree.write(
            moved + "/incoming/x.json", Array(#"{"type": "x", "name": "typed"}"#.utf8))
        try spool.wait("the handler has run") {
            try spool.run("status", "-D", moved, "typed").text.contains("completed")
        }
        #expect(try spool.run("logs", "-D", moved, "typed").line == moved + "/handlers/x")
        #expect(try spool.names("done").isEmpty, "nothing goes on at the former path")
        daemon.signal(SIGTERM)
        _ = try daemon.wait()
    }

    @Test func aLongPathWorksOrIsRefused() throws {
        let spool = try TemporarySpool()
        func path(of length: Int) -> String {
            var path = spool.base
            while path.utf8.count < length - 201 {
                path += "/" + String(repeating: "d", count: 200)
            }
            return path + "/" + String(repeating: "e", count: length - path.utf8.count - 1)
        }
        let fits = path(of: 4040)
        #expect(try spool.run("init", fits).line == fits)
        let worker = try spool.start("worker", "-D", fits)
        try spool.wait("a worker is there") { try !FileTree.names(fits + "/workers").isEmpty }
        let script = "cat $SPOOL_JOB_FILE >/dev/null && echo done > $SPOOL_RESULT && echo said"
        let result = try spool.run("run", "-D", fits, "-f", "-c", script)
        #expect(result.status == 0 && result.line == "said", "\(result.errorText)")
        let id = try spool.run("run", "-D", fits, "-n", "x", "--", "sleep", "0.2").line
        let waited = try spool.run("wait", "-D", fits, id)
        #expect(waited.status == 0, "\(waited.errorText)")
        worker.signal(SIGTERM)
        _ = try worker.wait()
        for length in [4041, 4060, 4095, 4096, 5000] {
            let refused = try spool.run("init", path(of: length))
            #expect(refused.status == 73, "\(length)")
            #expect(refused.errorText.contains("\(length) bytes long"))
        }
    }

    private static func withoutProc(
        _ words: [String], _ environment: [String: String]
    ) throws -> ProgramResult {
        let script = "mount --make-rprivate / && umount -l /proc && exec \"$@\""
        return try ProgramRun(
            ["unshare", "--mount", "sh", "-c", script, "sh"] + words, environment: environment,
            directory: "/"
        ).wait()
    }

    private static let canUnmount: Bool = {
        guard geteuid() == 0, let spool = try? TemporarySpool() else { return false }
        return (try? withoutProc(["test", "!", "-e", "/proc/self"], spool.environment))?.status == 0
    }()

    @Test(.enabled(if: canUnmount, "/proc can't be unmounted here"))
    func aMachineWithoutProcIsNamed() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let version = try MovedSpoolTests.withoutProc(
            [TemporarySpool.binary, "--version"], spool.environment)
        guard version.status == 0 else {
            return print("skipped: what the program was built with needs /proc itself")
        }
        for command in [["worker", "--until-empty"], ["daemon"], ["scheduler", "--once"]] {
            let result = try MovedSpoolTests.withoutProc(
                [TemporarySpool.binary] + command, spool.environment)
            #expect(result.status == 74, "\(command): \(result.errorText)")
            #expect(result.errorText.contains("/proc: isn't mounted"), "\(result.errorText)")
        }
        let environment = spool.environment.merging(["SPOOL_AUTOSTART": "yes"]) { $1 }
        let result = try MovedSpoolTests.withoutProc(
            [TemporarySpool.binary, "run", "-C", "/", "true"], environment)
        #expect(
            result.status == 0 && result.errorText.contains("/proc isn't mounted"),
            "\(result.errorText)")
        #expect(try spool.ids(in: .incoming).count == 1)
    }
}

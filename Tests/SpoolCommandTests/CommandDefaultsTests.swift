import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// What commands find around them where their jobs say nothing.
struct CommandDefaultsTests {
    private let report =
        "umask; nice; ulimit -f; pwd; echo \\\"$HOME $LOGNAME $USER $SHELL $TZ,$LANG,$LC_ALL,$TMPDIR\\\""

    /// Runs a dropped job to its end.
    private func output(of command: String, in spool: TemporarySpool) throws -> [String] {
        try spool.drop("x.json", #"{"command": "\#(command)"}"#)
        try spool.wait("it has ended") { try spool.ids(in: .done).count == 1 }
        let id = try spool.onlyID(in: .done)
        return try spool.run("logs", id).text.split(separator: "\n").map(String.init)
    }

    /// What its first caller has set decides for no dropped job.
    @Test func aDaemonInTheBackgroundOwesNothingToItsCaller() throws {
        let spool = try TemporarySpool()
        let run = try ProgramRun(
            [
                "/bin/sh", "-c",
                "umask 077; ulimit -S -f 4000; exec nice -n 5 \(TemporarySpool.binary) run -w -- sh -c"
                    + " 'exit 3'",
            ],
            environment: spool.environment.merging([
                "SPOOL_AUTOSTART": "yes", "TZ": "Asia/Tokyo", "LANG": "xx", "LC_ALL": "yy",
                "TMPDIR": "/nowhere",
            ]) { _, new in new },
            directory: spool.home)
        defer { spool.killProcesses() }
        let result = try run.wait()
        #expect(result.status == 3)
        // The first job is the caller's own, and has ended in failed/.
        let lines = try output(of: report, in: spool)
        let account = try #require(UserAccount.own)
        #expect(lines.first == "0022")
        // A user who may not lower a niceness is told.
        let isTold = result.errorText.contains("keeps what only root can undo: nice 5")
        #expect(lines.dropFirst().first == (isTold ? "5" : "0"))
        #expect(lines.dropFirst(2).first == "unlimited")
        #expect(lines.dropFirst(3).first == account.home)
        let who = "\(account.home) \(account.name) \(account.name) \(account.shell)"
        #expect(lines.last == who + " ,,,")
        let daemon = try #require(try spool.open().workers().first).process.pid
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/\(daemon)/cwd", &buffer, buffer.count)
        #expect(count == 1 && buffer[0] == CChar(UInt8(ascii: "/")), "no mount is held by that")
    }

    @Test func settingsSayWhatCommandsFind() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write(
            "settings.json",
            #"{"umask": "0027", "env": {"PLACE": "here", "TZ": "Asia/Tokyo", "OWN": "settings"}}"#)
        try spool.drop(
            "x.json",
            #"{"command": "umask; echo $PLACE $TZ $OWN", "env": {"OWN": "job"}}"#)
        try spool.drop("y.json", #"{"command": "umask", "umask": "0002"}"#)
        #expect(try spool.runWorker("-j", "1").status == 0)
        let logs = try spool.ids(in: .done).map { try spool.run("logs", $0).text }
        #expect(Set(logs) == ["0027\nhere Asia/Tokyo job\n", "0002\n"])
    }

    @Test(arguments: [#"{"env": {"A=B": "x"}}"#, #"{"umask": "9"}"#, #"{"env": {"A": 1}}"#])
    func badSettingsAreRefused(text: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("settings.json", text)
        let result = try spool.runWorker()
        #expect(result.status == 65)
        #expect(result.errorText.contains("settings.json: "))
    }

    /// In the foreground, what the caller has set counts; what isn't set is looked up.
    @Test func aWorkerInTheForegroundFillsInWhatIsNotSet() throws {
        let spool = try TemporarySpool()
        try spool.drop("x.json", #"{"command": "echo $HOME $USER $LOGNAME $TZ"}"#)
        let result = try spool.run(
            ["worker", "--until-empty"], environment: ["TZ": "Asia/Tokyo"])
        #expect(result.status == 0)
        let account = try #require(UserAccount.own)
        let id = try spool.onlyID(in: .done)
        #expect(
            try spool.run("logs", id).text
                == "\(spool.home) \(account.name) tester Asia/Tokyo\n")
    }

    @Test func whoSubmitsIsLookedUp() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["run", "--", "true"], environment: ["LOGNAME": ""])
        let account = try #require(UserAccount.own)
        #expect(try spool.job(result.line).submittedBy?.user == account.name)
    }

    @Test func anAccountIsReadFromItsLine() {
        let table = Array(
            "# x\nroot:x:0:0::/root:/bin/bash\nshort:x:5\na:x:12:1:A,B:relative:\nb:x:1::::".utf8)
        #expect(UserAccount.find(0, in: table)?.variables["HOME"] == "/root")
        let other = UserAccount.find(12, in: table)
        #expect(other?.name == "a" && other?.home == "/" && other?.shell == "/bin/sh")
        #expect(UserAccount.find(5, in: table) == nil && UserAccount.find(2, in: table) == nil)
    }

    @Test func whatIsNoAccountInTheFileIsPassedOver() {
        let table = Array(
            """
            #a:x:1:1::/:/bin/sh
             b:x:2:2::/b:/bin/sh
            +c:x:3:3::/:/bin/sh
            +
            -d:x:4:4::/:/bin/sh

            """.utf8)
        #expect(UserAccount.names(in: table) == ["b"])
        #expect(UserAccount.find(2, in: table)?.name == "b")
        for number in [1, 3, 4] as [UInt32] {
            #expect(UserAccount.find(number, in: table) == nil)
        }
    }
}

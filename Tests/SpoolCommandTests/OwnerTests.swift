import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Whose spool it is, and who may say what is run in it.
struct OwnerTests {
    private static let nobody: uid_t = 65534
    private static let isRoot = geteuid() == 0

    private static func give(_ path: String, to user: uid_t = nobody) throws {
        try FileTree.check(chown(path, user, user), "chown \(path)")
    }

    @Test(.enabled(if: isRoot, "only root can give files away"), arguments: [nobody, 54321])
    func nobodyUsesTheSpoolOfAnotherUser(_ user: uid_t) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("incoming/x.json", #"{"command": "touch \#(spool.home)/proof"}"#)
        try OwnerTests.give(spool.path, to: user)
        let before = try FileTree.listing(spool.path)
        let commands = [
            ["list"], ["run", "true"], ["worker", "--until-empty"], ["daemon"],
            ["scheduler", "--once"], ["check"], ["check", "--repair"], ["init"], ["wait"],
            ["cron", "list"],
        ]
        for words in commands {
            let result = try spool.run(words)
            #expect(result.status == 73, "\(words)")
            #expect(result.errorText.contains("belongs to"), "\(result.errorText)")
            #expect(
                result.errorText.contains("(\(user))") || result.errorText.contains(" \(user),"))
            #expect(result.errorText.contains("--as-owner"))
            let run = user == OwnerTests.nobody ? "runuser -u nobody --" : "sudo -u \\#\(user) "
            #expect(result.errorText.contains(run))
        }
        #expect(throws: SpoolError.self) { try spool.open() }
        #expect(try FileTree.listing(spool.path) == before, "nothing was changed")
        #expect(!FileTree.exists(spool.home + "/proof"))
    }

    @Test(.enabled(if: isRoot, "only root can give files away"))
    func anotherUsersDirectoryIsNotTakenForHisSpool() throws {
        let spool = try TemporarySpool()
        let directory = spool.home + "/his"
        try FileTree.check(mkdir(directory, 0o755), "mkdir")
        try FileTree.write(directory + "/letter", [])
        try OwnerTests.give(directory, to: OwnerTests.nobody)
        let result = try spool.run("list", "-D", directory)
        #expect(result.status == 66 && !result.errorText.contains("chown"))
        #expect(result.errorText.contains("it is a directory of nobody"))
        let run = try spool.run("run", "-D", directory, "--", "true")
        #expect(run.status == 65 && !run.errorText.contains("chown"))
        #expect(run.errorText.contains("this is no spool, but a directory of nobody"))
    }

    @Test(arguments: [0o777, 0o1777, 0o770, 0o720, 0o702] as [mode_t])
    func nobodyUsesASpoolThatOthersMayWriteTo(_ mode: mode_t) throws {
        let spool = try TemporarySpool()
        try FileTree.check(mkdir(spool.path, 0o700), "mkdir")
        try FileTree.check(chmod(spool.path, mode), "chmod")
        let made = try spool.run("init")
        #expect(made.status == 73 && made.errorText.contains("chmod go-w"), "\(made.errorText)")
        #expect(try FileTree.names(spool.path).isEmpty)
        try FileTree.check(chmod(spool.path, 0o755), "chmod")
        #expect(try spool.run("init").status == 0)
        try FileTree.check(chmod(spool.path, mode), "chmod")
        for words in [
            ["list"], ["run", "true"], ["worker", "--until-empty"], ["check", "--repair"],
        ] {
            let result = try spool.run(words)
            #expect(result.status == 73 && result.errorText.contains("chmod go-w"), "\(words)")
            #expect(result.errorText.contains("its mode is \(String(mode, radix: 8))"))
        }
        try FileTree.check(chmod(spool.path, 0o711), "chmod")
        #expect(try spool.run("list").status == 0)
    }

    @Test(arguments: ["incoming", "tmp", "state", "incoming/deep"])
    func noWorkerRunsWhatOthersMayPutThere(_ directory: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("-q", "deep", "--", "touch", "proof")
        try FileTree.check(chmod(spool[directory], 0o777), "chmod")
        for words in [["worker", "--until-empty"], ["scheduler", "--once"]] {
            let result = try spool.run(words)
            #expect(result.status == 73, "\(words)")
            #expect(result.errorText.contains(spool[directory] + ": its mode is 777"))
        }
        #expect(!FileTree.exists(spool.home + "/proof"))
        #expect(try spool.run("check", "--repair").text.contains("mended open-mode \(directory): "))
        #expect(try spool.runWorker().status == 0)
        #expect(FileTree.exists(spool.home + "/proof"))
    }

    @Test func whatIsMadeIsClosedWhateverTheMask() throws {
        let spool = try TemporarySpool()
        for mask in ["0", "002"] {
            let path = "\(spool.home)/deep-\(mask)/spool"
            let script = "umask \(mask); exec \"$0\" init \(path)"
            let result = try ProgramRun(
                ["sh", "-c", script, TemporarySpool.binary], environment: spool.environment,
                directory: spool.home
            ).wait()
            #expect(result.status == 0)
            for name in ["", "/incoming", "/tmp", "/state", "/.."] {
                var status = stat()
                try FileTree.check(stat(path + name, &status), "stat")
                #expect(status.st_mode & 0o777 == 0o700, "\(name)")
            }
        }
    }

    @Test(.enabled(if: isRoot, "only root can become somebody else"))
    func rootBecomesTheOwner() throws {
        let spool = try TemporarySpool()
        // Somebody else must get there.
        for path in [spool.base, spool.home] {
            try FileTree.check(chmod(path, 0o755), "chmod")
        }
        try FileTree.check(mkdir(spool.path, 0o700), "mkdir")
        try OwnerTests.give(spool.path)
        let reached = try ProgramRun(
            ["setpriv", "--reuid=65534", "--clear-groups", "test", "-x", spool.path],
            environment: spool.environment, directory: "/"
        ).wait()
        guard reached.status == 0 else {
            return print("skipped: another user doesn't reach \(spool.path)")
        }
        #expect(try spool.run("init").status == 73)
        #expect(try spool.run("--as-owner", "init").status == 0)
        let script = "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL"
        let id = try spool.run("run", "--as-owner", "-C", "/", "-c", script).line
        #expect(try spool.run("worker", "--until-empty", "--as-owner").status == 0)
        let logs = try spool.run("--as-owner", "logs", id)
        #expect(
            logs.text == "65534\n65534\n65534\n/nonexistent nobody nobody /usr/sbin/nologin\n",
            "\(logs.errorText)")
        for line in try FileTree.names(spool.path) {
            var status = stat()
            try FileTree.check(lstat(spool[line], &status), "lstat")
            #expect(status.st_uid == OwnerTests.nobody, "\(line)")
        }
        let missing = try spool.run("--as-owner", "-D", spool.home + "/none", "list")
        #expect(missing.status == 66)
        #expect(!FileTree.exists(spool.home + "/none"))
    }

    private static let canBind =
        isRoot
        && ProcessControl.run([
            "unshare", "-m", "sh", "-c", "mount --bind /bin/true /usr/bin/getent",
        ]) == 0

    /// As of LDAP or of systemd-homed(8).
    @Test(.enabled(if: canBind, "nothing can be put in the place of getent(1)"))
    func rootBecomesAnOwnerWhomOnlyTheNameServiceKnows() throws {
        let spool = try TemporarySpool()
        for path in [spool.base, spool.home] {
            try FileTree.check(chmod(path, 0o755), "chmod")
        }
        let user: uid_t = 54321
        try FileTree.check(mkdir(spool.path, 0o700), "mkdir")
        try OwnerTests.give(spool.path, to: user)
        let getent = spool.base + "/getent"
        let script = """
            #!/bin/sh
            case "$1 $2" in
            "passwd 54321") echo "remote:*:54321:54322:A. Person:/srv/remote:/bin/bash" ;;
            "initgroups remote") echo "remote   54322 54323" ;;
            *) exit 2 ;;
            esac

            """
        try FileTree.write(getent, Array(script.utf8), mode: 0o755)
        func asOwner(_ words: String...) throws -> ProgramResult {
            try ProgramRun(
                [
                    "unshare", "-m", "sh", "-c",
                    "mount --bind \"$0\" /usr/bin/getent && exec \"$@\"", getent,
                    TemporarySpool.binary, "--as-owner",
                ] + words, environment: spool.environment, directory: "/"
            ).wait()
        }
        #expect(try asOwner("init").status == 0)
        let line = "id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL"
        let id = try asOwner("run", "--no-start", "-C", "/", "-c", line).line
        #expect(try asOwner("worker", "--until-empty").status == 0)
        let logs = try asOwner("logs", id)
        #expect(
            logs.text == "54321\n54322\n54322 54323\n/srv/remote remote remote /bin/bash\n",
            "\(logs.errorText)")
    }

    @Test func theOwnerNeedsNotBecomeHimself() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let id = try spool.submit("--as-owner", "--", "true")
        #expect(try spool.run("worker", "--until-empty", "--as-owner").status == 0)
        #expect(try spool.ids(in: .done) == [id])
    }

    // MARK: Files

    struct Giver: Sendable, CustomStringConvertible {
        let user: uid_t
        let group: gid_t
        let mode: mode_t
        let isObeyed: Bool
        var description: String { "\(user):\(group) \(String(mode, radix: 8))" }
    }

    private static let givers: [Giver] = {
        let (user, group) = (geteuid(), getegid())
        let own = [
            Giver(user: user, group: group, mode: 0o644, isObeyed: true),
            Giver(user: user, group: group, mode: 0o664, isObeyed: true),
            Giver(user: user, group: group, mode: 0o666, isObeyed: false),
            Giver(user: user, group: group, mode: 0o602, isObeyed: false),
        ]
        guard user == 0 else { return own }
        return own + [
            Giver(user: user, group: nobody, mode: 0o664, isObeyed: false),
            Giver(user: user, group: nobody, mode: 0o644, isObeyed: true),
            Giver(user: nobody, group: group, mode: 0o600, isObeyed: false),
            Giver(user: nobody, group: group, mode: 0o644, isObeyed: false),
        ]
    }()

    private func write(
        _ spool: TemporarySpool, _ name: String, _ text: String, _ giver: Giver, _ more: mode_t = 0
    ) throws {
        _ = try spool.open()
        let draft = spool.base + "/draft"
        try FileTree.write(draft, Array(text.utf8), mode: giver.mode | more)
        try FileTree.check(chown(draft, giver.user, giver.group), "chown")
        try FileTree.check(Glibc.rename(draft, spool[name]), "rename")
    }

    @Test(arguments: givers, ["incoming/x.json", "incoming/5-01ARZ3NDEKTSV4RRFFQ69G5FAV.json"])
    func aJobOfSomebodyElseIsRejected(_ giver: Giver, _ name: String) throws {
        let spool = try TemporarySpool()
        let text = #"{"command": "touch \#(spool.home)/proof"}"#
        try write(spool, name, text, giver)
        try spool.startWorker("-j", "1")
        // The reason comes first.
        func rejectedFiles() throws -> [String] {
            try spool.names("dead-letter").filter { !$0.hasSuffix(".reason") }
        }
        try spool.wait("it has run or was rejected") {
            try spool.ids(in: .done).count == 1 || !rejectedFiles().isEmpty
        }
        #expect(FileTree.exists(spool.home + "/proof") == giver.isObeyed)
        let rejected = try rejectedFiles()
        #expect(rejected.isEmpty == giver.isObeyed)
        if let name = rejected.first {
            #expect(try spool.read("dead-letter/" + name) == text, "byte for byte")
            let reason = try spool.read("dead-letter/\(name).reason")
            #expect(reason.contains("belongs to") || reason.contains("chmod go-w"), "\(reason)")
        }
    }

    @Test(arguments: givers)
    func settingsAndCrontabsOfSomebodyElseArentObeyed(_ giver: Giver) throws {
        let spool = try TemporarySpool()
        try write(spool, "settings.json", #"{"slots": 1}"#, giver)
        let worker = try spool.runWorker()
        #expect(worker.status == (giver.isObeyed ? 0 : 65), "\(worker.errorText)")
        try spool.remove("settings.json")
        let line = "* * * * * touch \(spool.home)/proof\n"
        for name in ["crontab", "cron.d/more"] {
            try write(spool, name, line, giver)
            let list = try spool.run("cron", "list")
            #expect(list.text.contains("touch") == giver.isObeyed, "\(name): \(list.text)")
            let check = try spool.run("cron", "check")
            #expect((check.status == 0) == giver.isObeyed, "\(name): \(check.errorText)")
            let scheduler = try spool.run("scheduler", "--once")
            #expect(
                scheduler.errorText.contains(name + ": ") != giver.isObeyed,
                "\(name): \(scheduler.errorText)")
            try spool.remove(name)
        }
    }

    @Test(arguments: givers)
    func aHandlerOfSomebodyElseIsntRun(_ giver: Giver) throws {
        let spool = try TemporarySpool()
        try write(spool, "handlers/x", "#!/bin/sh\ntouch \(spool.home)/proof\n", giver, 0o111)
        try spool.drop("x.json", #"{"type": "x"}"#)
        #expect(try spool.runWorker("-j", "1").status == 0)
        #expect(FileTree.exists(spool.home + "/proof") == giver.isObeyed)
        guard !giver.isObeyed else { return }
        let job = try spool.job(try spool.onlyID(in: .failed))
        #expect(job.attempts?.last?.exitCode == 126)
        #expect(job.message?.contains("can't run handlers/x: ") == true, "\(job.message ?? "")")
    }

    /// Whoever can change any part of the way to a handler says what is run.
    @Test(
        .enabled(if: isRoot, "only root can give files away"),
        arguments: ["directory", "link", "open", "far", "end", "sticky", "sound", "relative"])
    func aLinkToAHandlerIsFollowedWhereOnlyTheOwnerCanChangeTheWay(_ what: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let way = spool.home + "/way"
        for path in [way, way + "/sub", spool["handlers"]] where !FileTree.exists(path) {
            try FileTree.check(mkdir(path, 0o755), "mkdir")
        }
        let program = way + "/sub/program"
        try FileTree.write(
            program, Array("#!/bin/sh\ntouch \(spool.home)/proof\n".utf8), mode: 0o755)
        try FileTree.check(symlink("sub/../sub/program", way + "/link"), "symlink")
        let target =
            what == "relative" ? "../../\(spool.home.split(separator: "/").last ?? "")" : spool.home
        try FileTree.check(symlink(target + "/way/link", spool["handlers/x"]), "symlink")
        switch what {
        case "directory": try OwnerTests.give(way)
        case "far": try OwnerTests.give(way + "/sub")
        case "end": try OwnerTests.give(program)
        case "link":
            try FileTree.check(
                lchown(way + "/link", OwnerTests.nobody, OwnerTests.nobody), "lchown")
        case "open": try FileTree.check(chmod(way, 0o777), "chmod")
        case "sticky": try FileTree.check(chmod(way, 0o1777), "chmod")
        default: break
        }
        try spool.drop("x.json", #"{"type": "x"}"#)
        #expect(try spool.runWorker("-j", "1").status == 0)
        let isObeyed = ["sticky", "sound", "relative"].contains(what)
        #expect(FileTree.exists(spool.home + "/proof") == isObeyed)
        guard !isObeyed else { return }
        let job = try spool.job(try spool.onlyID(in: .failed))
        #expect(job.attempts?.last?.exitCode == 126)
        let message = job.message ?? ""
        #expect(message.contains("can't run handlers/x: it leads to \(way)"), "\(message)")
    }
}

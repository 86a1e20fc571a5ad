import Spool
import SpoolCommand
import SpoolTestSupport
import Testing

/// Command lines that are wrong, and what helps with them.
struct UsageTests {
    @Test(arguments: [
        (["lits"], "unknown command \"lits\": did you mean \"list\"?"),
        (["frobnicate"], "unknown command \"frobnicate\""),
        (["ls"], "unknown command \"ls\": did you mean \"list\"?"),
        (["rm", "x"], "did you mean \"cancel\"?"),
        (["add", "true"], "did you mean \"run\"?"),
        (["start"], "did you mean \"run\" or \"daemon\"?"),
        (["stop"], "did you mean \"cancel\" or \"daemon --stop\"?"),
        (["help", "restart"], "did you mean \"retry\"?"),
        (["cron", "ls"], "did you mean \"cron list\"?"),
        // Not "cron run", which is near, and runs it.
        (["cron", "rm", "x"], "did you mean \"cron edit\"?"),
        (["cron", "del", "x"], "did you mean \"cron edit\"?"),
        (["cron", "remove", "x"], "did you mean \"cron edit\"?"),
        (["cron", "delete", "x"], "did you mean \"cron edit\"?"),
        (["cron", "disable", "x"], "did you mean \"cron edit\"?"),
        (["cron", "validate"], "did you mean \"cron check\"?"),
        (["cron", "test"], "did you mean \"cron check\"?"),
        (["run", "--folow", "true"], "unknown option --folow: did you mean --follow?"),
        (["list", "--xyzzy"], "unknown option --xyzzy"),
        (["run", "-Z", "true"], "unknown option -Z"),
        (["run", "--timeout"], "--timeout wants an argument"),
        (["list", "--json=yes"], "--json takes no argument"),
        (["run", "--s", "true"], "could be any of"),
        // One of them is hidden, as the command refuses it.
        (["move", "--f", "other"], "--f could be any of --from-queue, --failed"),
        (["run"], "no command"),
        (["run", "-t", "soon", "true"], "--timeout soon"),
        (["run", "-p", "urgent", "true"], "--priority urgent"),
        (["run", "-m", "0", "true"], "a number from 1 to 1000 is wanted"),
        (["run", "-p", "10", "true"], "0 to 9 is wanted"),
        (["run", "-d", "1h", "--expires", "10m", "true"], "the job would never start"),
        (["run", "--slots", "2000", "true"], "a number from 1 to 1024 is wanted"),
        (["run", "--retry-on", "1,256", "true"], "exit codes"),
        (["run", "--tag", "novalue", "true"], "KEY=VALUE is wanted"),
        (["run", "-e", "NO_SUCH_VARIABLE_HERE", "true"], "there is no such variable"),
        (["run", "-c", "true", "true"], "exclude each other"),
        (["run", "echo hello | wc"], "to have a shell read it"),
        (["run", "--backoff", "sometimes", "true"], "--backoff sometimes"),
        (["run", "--sync", "maybe", "true"], "full or off"),
        (["submit"], "name a file"),
        (["cancel"], "name one job at least"),
        (["worker", "-j", "0"], "1 to 1024"),
        (["worker", "extra"], "no operand is wanted here"),
        (["worker", "-q", "a/b"], "--queue a/b"),
        (["init", "a", "b"], "one directory at a time"),
        (["help", "nothing"], "unknown command"),
        (["edit"], "name a job"),
        (["cron", "nxt"], "unknown command \"cron nxt\": did you mean \"cron next\"?"),
        (["cron", "next"], "no expression"),
        (["cron", "next", "--tz", "Europe/Pari", "* * * * *"], "write Europe/Paris"),
        (["cron", "next", "--after", "noon", "* * * * *"], "--after noon"),
        (["cron", "next", "-n", "0", "* * * * *"], "1 to 1000000"),
        (["cron", "next", "--day-match", "xor", "* * * * *"], "cron, and or or"),
        (["cron", "run"], "name an entry"),
        (["cron", "edit", "../x"], "a crontab is called"),
    ])
    func exitsWith64(arguments: [String], message: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errorText.contains(message), "\(result.errorText)")
        #expect(result.errorText.contains("--help"))
        #expect(try !spool.exists("incoming") || spool.names("incoming").isEmpty)
    }

    /// They are well-formed, but no job may have them.
    @Test(arguments: [
        ["-q", "a b"], ["--require", "a b"], ["-n", ""], ["-t", "0"], ["--shell="],
    ])
    func noSpoolIsMadeForAJobThatIsRefused(_ options: [String]) throws {
        let spool = try TemporarySpool()
        let command = options[0].hasPrefix("--shell") ? [] : ["--", "true"]
        let result = try spool.run(["run"] + options + command)
        #expect(result.status == 65, "\(result.errorText)")
        #expect(!spool.exists(""))
    }

    @Test func helpsWithEveryCommand() throws {
        let spool = try TemporarySpool()
        let overview = try spool.run("--help")
        #expect(overview.status == 0)
        for command in SpoolTool.commands {
            #expect(overview.text.contains(command.name))
            let words = command.name.split(separator: " ").map(String.init)
            let page = try spool.run(words + ["--help"])
            #expect(page.status == 0 && page.error.isEmpty)
            for option in command.options {
                #expect(page.text.contains("--" + option.long), "\(command.name) \(option.long)")
                #expect(page.text.contains(option.help.prefix(20)))
            }
            #expect(try spool.run(["help"] + words).text == page.text)
        }
        #expect(try spool.run("--version").text.hasPrefix("spool "))
    }

    @Test(arguments: [
        ("wait", "--failed"), ("cancel", "--failed"), ("retry", "--running"),
        ("retry", "--waiting"), ("hold", "--running"), ("hold", "--failed"),
        ("release", "--running"), ("release", "--failed"), ("move", "--failed"),
        ("move", "--running"), ("clean", "--running"), ("clean", "--waiting"),
    ])
    func anOptionThatNeverFitsIsRefusedAndNotOffered(command: String, option: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let change = command == "move" ? ["--now"] : []
        let result = try spool.run([command, option] + change)
        #expect(result.status == 64)
        #expect(result.errorText.contains("\(command) doesn't fit jobs in that state; it fits "))
        #expect(!(try spool.run(command, "--help").text.contains(option)))
    }

    @Test(arguments: [
        (["run"], ["--require", "--tag"]), (["list"], ["--state", "--tag"]),
        (["clean"], ["--state", "--tag"]), (["worker"], ["--queue", "--offer"]),
    ])
    func theHelpTellsWhatMayBeRepeated(_ command: [String], _ options: [String]) throws {
        let help = try TemporarySpool().run(command + ["--help"]).text
        for option in options {
            let start = try #require(help.firstRange(of: option + " "))
            let rest = help[start.upperBound...]
            let entry = rest.firstRange(of: " --").map { rest[..<$0.lowerBound] } ?? rest
            let words = entry.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("may be repeated"), "\(option): \(words)")
        }
    }

    @Test func theHelpNamesTheStatesThatFit() throws {
        let spool = try TemporarySpool()
        #expect(try !spool.run("clean", "--help").text.contains("queued"))
        #expect(try spool.run("list", "--help").text.contains("queued"))
        let clean = try spool.run("clean", "--help").text
        for state in JobFilter.failed { #expect(clean.contains(state.rawValue)) }
    }

    /// Options of one name that mean something else in another command.
    @Test(arguments: [
        (["clean"], "--all", "the same as --failed --dead; clean is about all"),
        (["clean"], "--failed", "the jobs in failed/ too, not only those in done/"),
        (["clean"], "--dead", "those in dead-letter/ too, not only those in done/"),
        (["retry"], "--failed", "only failed, "), (["list"], "--failed", "only failed, "),
        (["list"], "--all", "the jobs of all projects"),
        (["wait"], "--all-projects", "the jobs of all projects"),
        (["status"], "--all", "if several jobs have the name, all of them"),
    ])
    func theHelpTellsOptionsOfOneNameApart(
        _ command: [String], _ option: String, _ text: String
    ) throws {
        let help = try TemporarySpool().run(command + ["--help"]).text
        let line = help.split(separator: "\n").first { $0.contains(option + " ") }
        #expect(line?.contains(text) == true, "\(help)")
    }

    /// The options that every command takes.
    @Test func helpTakesTheCommonOptions() throws {
        let spool = try TemporarySpool()
        let overview = try spool.run("help").text
        for words in [
            ["help", "-h"], ["help", "--help"], ["-D", spool.path, "help"], ["--help", "-D", "x"],
            ["help", "--dir=x"], ["help", "--as-owner"],
        ] {
            let result = try spool.run(words)
            #expect(result.status == 0 && result.text == overview, "\(words) \(result.errorText)")
        }
        let page = try spool.run("help", "-Dx", "cron", "--help", "next").text
        #expect(page == (try spool.run("cron", "next", "--help").text))
        #expect(try spool.run("help", "--frob").status == 64)
    }

    @Test func noOptionStandsTwiceInATable() {
        for command in SpoolTool.commands {
            let names = command.options.map(\.long)
            #expect(Set(names).count == names.count, "\(command.name)")
            let letters = command.options.compactMap(\.short)
            #expect(Set(letters).count == letters.count, "\(command.name)")
        }
        let names = SpoolTool.commands.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func readsOptionsAsGetoptDoes() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            "run", "-nshort", "--queue=lane", "--prior", "low", "-m2", "--", "echo", "--wait", "-n")
        #expect(result.status == 0)
        let job = try spool.job(result.line)
        #expect(job.name == "short")
        #expect(job.queue == "lane")
        #expect(job.priority == .low)
        #expect(job.maxAttempts == 2)
        #expect(job.command == .arguments(["echo", "--wait", "-n"]))
        let second = try spool.run("run", "echo", "-n", "--name", "x")
        #expect(try spool.job(second.line).command == .arguments(["echo", "-n", "--name", "x"]))
    }

    @Test func saysThatThereIsNoSpool() throws {
        let spool = try TemporarySpool()
        for command in ["status", "wait", "logs", "cancel", "clean", "resume"] {
            let result = try spool.run(command, "x")
            #expect(result.status == 66, "\(command)")
            #expect(
                result.errorText.contains(
                    "there is no spool at \(spool.path) ('spool init' makes one)"))
            #expect(!spool.exists(""), "\(command) makes none")
        }
    }

    @Test func prefersTheOptionToTheVariable() throws {
        let spool = try TemporarySpool()
        let other = spool.base + "/other"
        let result = try spool.run("run", "-D", other, "--", "true")
        #expect(FileTree.exists("\(other)/incoming/5-\(result.line).json"))
        #expect(!spool.exists("incoming"))
        let relative = try spool.run("run", "--dir", "../third", "--", "true")
        #expect(relative.status == 0)
        #expect(FileTree.exists("\(spool.base)/third/incoming/5-\(relative.line).json"))
    }
}

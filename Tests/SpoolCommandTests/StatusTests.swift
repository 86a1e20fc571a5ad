import Spool
import SpoolTestSupport
import Testing

/// `spool status`: all about a job, and above all why it waits.
struct StatusTests {
    private func reason(_ spool: TemporarySpool, _ id: String) throws -> String {
        let lines = try spool.run("status", id).text.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("waits for:") })
        return String(line.drop { $0 != ":" }.dropFirst(2))
    }

    @Test func saysThatNoWorkerRuns() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        #expect(try reason(spool, id).contains("a worker: none is running"))
    }

    @Test func saysWhatIsPaused() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-q", "video", "--", "true")
        #expect(try spool.run("pause", "video").status == 0)
        #expect(try reason(spool, id).contains("'spool resume video'"))
        #expect(try spool.run("pause").status == 0)
        #expect(try reason(spool, id).contains("all queues are paused"))
        #expect(try spool.run("list").errorText.contains("all queues are paused"))
    }

    @Test func saysWhichCapabilityIsMissing() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1", "--offer", "sql")
        let id = try spool.submit("--require", "gpu", "--require", "sql", "--", "true")
        #expect(try reason(spool, id).contains("a worker that offers gpu, sql"))
    }

    @Test func saysThatNobodyServesTheQueue() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1", "--queue", "default")
        let id = try spool.submit("-q", "video", "--", "true")
        #expect(try reason(spool, id).contains("a worker for the queue video"))
    }

    @Test func saysHowManyAreAhead() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let running = try spool.submit("-c", "read line < gate")
        try spool.wait(for: running, in: .running)
        let first = try spool.submit("--", "true")
        let second = try spool.submit("--", "true")
        #expect(try reason(spool, first).contains("a free slot of 1, as the next one"))
        #expect(try reason(spool, second).contains("a free slot of 1, after 1 others"))
        let page = try spool.run("status", running).text
        #expect(page.contains("state:       running"))
    }

    @Test func saysWhenItIsDueOrHeldOrRetrying() throws {
        let spool = try TemporarySpool()
        let late = try spool.submit("-d", "1h", "--", "true")
        #expect(try reason(spool, late).contains("its time, "))
        let held = try spool.submit("--hold", "--", "true")
        #expect(try reason(spool, held).contains("'spool release'"))
        let failing = try spool.submit("-m", "2", "--backoff", "fixed:1h", "--", "false")
        try spool.runWorker("-j", "1")
        #expect(try reason(spool, failing).contains("its next attempt at "))
        #expect(try spool.run("status", failing).text.contains("attempts:    1 of 2"))
    }

    /// A worker that doesn't serve its queue leaves it under that name.
    @Test func aScheduledJobThatWasMovedToTheQueueIsDueNow() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-d", "1h", "--", "true")
        let path = try #require(try spool.jobPaths().first)
        try spool.rename(path, to: path.replacing("scheduled/", with: "incoming/"))
        let page = try spool.run("status", id).text
        #expect(page.contains("state:       queued\n") && !page.contains("due:"), "\(page)")
        #expect(!(try spool.run("list", "--all").text.contains(" in ")))
    }

    @Test func tellsAllAboutAnEndedJob() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-n", "mine", "--tag", "k=v", "-c", "echo done; exit 4")
        try spool.runWorker("-j", "1")
        let page = try spool.run("status", id).text
        for fact in [
            "job:         \(id)", "name:        mine", "state:       failed",
            "why:         exit code 4", "command:     echo done; exit 4", "tags:        k=v",
            "exit code: 4", "file:        \(spool.path)/failed/\(id).json",
        ] {
            #expect(page.contains(fact), "\(fact) is missing in\n\(page)")
        }
        #expect(!page.contains("waits for"))
        let object = try #require(try spool.objects(spool.run("status", "--json", id).text).first)
        #expect(object["state"] == "failed")
        #expect(object["file"] == .string("failed/\(id).json"))
    }

    @Test func showsWhatWasSet() throws {
        let spool = try TemporarySpool()
        let plain = try spool.run("status", spool.submit("--", "true")).text
        let id = try spool.submit(
            "--hold", "--at", "2126-01-01T00:00:00Z", "--expires", "2126-02-01T00:00:00Z",
            "--require", "gpu", "--require", "disk", "--slots", "2", "-m", "5", "--backoff",
            "1s,10s", "--retry-on", "1,75", "--success-on", "0,3", "--kill-after", "5s",
            "--keep-children", "--output-limit", "1M", "--sync", "off", "-i", "/etc/hostname",
            "-e", "SECRET=value", "--", "cat")
        #expect(try spool.run("edit", id, "delay=1m").status == 0)
        let page = try spool.run("status", id).text
        let facts = [
            "not before:  2126-01-01T00:00:00", "delay:       1m\n",
            "expires:     2126-02-01T00:00:00", "requires:    gpu, disk\n", "slots:       2\n",
            "backoff:     1s, 10s\n", "retry on:    1, 75\n", "success on:  0, 3\n",
            "kill after:  5s\n", "children:    go on after its end\n",
            "limits:      output 1M\n", "sync:        off\n",
            "stdin:       file /etc/hostname\n", "variables:   ",
        ]
        for fact in facts { #expect(page.contains(fact), "\(fact) is missing in\n\(page)") }
        #expect(page.contains(" SECRET ") || page.contains(" SECRET\n"), "\(page)")
        #expect(!page.contains("value"))
        for fact in facts.dropLast() {
            let name = fact.prefix { $0 != ":" } + ":"
            #expect(!plain.contains("\n\(name)"), "\(name) in\n\(plain)")
        }
    }

    @Test(arguments: [["-c", "exit 100"], ["--retry-on", "1", "-c", "exit 100"]])
    func saysWhyAttemptsAreLeft(_ options: [String]) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(["-m", "3"] + options)
        try spool.runWorker("-j", "1")
        let page = try spool.run("status", id).text
        #expect(page.contains("why:         exit code 100; after that it isn't attempted again\n"))
        #expect(page.contains("attempts:    1 of 3\n"))
    }

    /// The directory of a scheduled job has its time.
    @Test func aJobThatIsNotHeldHasItsTimeOnce() throws {
        let spool = try TemporarySpool()
        let page = try spool.run("status", spool.submit("-d", "1h", "--", "true")).text
        #expect(page.contains("\ndue: ") && !page.contains("\ndelay:"), "\(page)")
    }

    @Test func withoutAJobItIsTheLastOne() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "true")
        let last = try spool.submit("--", "true")
        #expect(try spool.run("status").text.contains("job:         \(last)"))
    }

    /// Of several jobs, those before the failure are shown whole, and those after it not at all.
    @Test func aLateFailureLeavesWhatWasShown() throws {
        let spool = try TemporarySpool()
        let held = try spool.submit("--hold", "-n", "first", "--", "true")
        let queued = try spool.submit("--", "true")
        let after = try spool.submit("--hold", "--", "true")
        let alone = try spool.run("status", held)
        // A held job's hindrance is known without a look at pauses and workers.
        try spool.rename("state", to: "aside")
        try spool.write("state", "no directory")
        let result = try spool.run("status", held, queued, after)
        #expect(result.status == 74)
        func withoutAges(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { !$0.hasPrefix("submitted:") }
        }
        #expect(withoutAges(result.text) == withoutAges(alone.text))
        #expect(
            result.errorText.hasPrefix("spool: \(spool.path)/state: ")
                && result.errorText.split(separator: "\n").count == 1)
        // A job's file says all that is asked for here.
        let json = try spool.run("status", "--json", held, queued)
        #expect(json.status == 0 && json.text.split(separator: "\n").count == 2)
    }
}

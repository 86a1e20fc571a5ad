import Glibc
import Spool
import SpoolTestSupport
import Testing

/// What lies in dead-letter/ and is no job: it is found by the name of its file.
struct RejectedFileTests {
    private let text = #"{"command": 5}"#

    /// One under a job's name, one under its own.
    private func rejected(_ spool: TemporarySpool, _ name: String = "broken.json") throws {
        try spool.write("dead-letter/" + name, text)
        try spool.write("dead-letter/\(name).reason", "the command is a number\n")
    }

    private let idOfNone = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    @Test func aNonJobUnderAJobsNameKeepsNothingElseFromBeingRemoved() throws {
        let spool = try TemporarySpool()
        let failed = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        try rejected(spool)
        try rejected(spool, idOfNone + ".json")
        let dry = try spool.run("clean", "--all", "--older", "0", "--dry-run")
        #expect(dry.status == 0 && dry.errorText.contains("3 jobs would be removed"))
        let result = try spool.run("clean", "--all", "--older", "0")
        #expect(result.status == 0 && result.errorText.contains("3 jobs removed"))
        #expect(try spool.place(of: failed) == nil)
        #expect(try spool.names("dead-letter").isEmpty)
    }

    /// In the order of their names the one that stays comes first.
    @Test func whatCannotBeRemovedIsSaidAndTheRestIs() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.check(mkdir(spool["dead-letter/a.json"], 0o700), "mkdir")
        try FileTree.check(mkdir(spool["dead-letter/empty.json"], 0o700), "mkdir")
        try spool.write("dead-letter/a.json/kept", "x")
        try rejected(spool)
        try FileTree.check(mkfifo(spool["dead-letter/\(idOfNone).json"], 0o600), "mkfifo")
        let result = try spool.run("clean", "--dead", "--older", "0")
        #expect(result.status == 74, "\(result.errorText)")
        #expect(result.errorText.contains("dead-letter/a.json: unlink: "))
        #expect(result.errorText.contains("'rm -r' removes it"))
        #expect(result.errorText.contains("3 jobs removed"))
        #expect(try spool.names("dead-letter") == ["a.json"])
    }

    @Test(arguments: [
        "broken.json", "dead-letter/broken.json", "/elsewhere/dead-letter/broken.json",
    ])
    func itIsFoundByItsName(_ name: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try rejected(spool)
        let page = try spool.run("status", name)
        #expect(page.status == 0, "\(page.errorText)")
        #expect(page.text.contains("dead-letter/broken.json"))
        #expect(page.text.contains("the command is a number"))
        let json = try spool.objects(try spool.run("status", "--json", name).text)
        #expect(json.first?["message"] == "the command is a number")
        let logs = try spool.run("logs", name)
        #expect(logs.status == 0 && logs.errorText.contains("never ran"))
        for words in [
            ["edit", name, "name=x"], ["wait", name], ["logs", "-f", name], ["cancel", name],
        ] {
            let result = try spool.run(words)
            #expect(result.status == 65, "\(words)")
            #expect(result.errorText.contains("was rejected: the command is a number"), "\(words)")
        }
        #expect(try spool.run("clean", "--dry-run", name).line == "dead-letter/broken.json")
        #expect(try spool.run("clean", name).status == 0)
        #expect(try spool.names("dead-letter").isEmpty)
    }

    @Test func oneUnderAJobsNameIsRemovedByItsId() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try rejected(spool, idOfNone + ".json")
        #expect(try spool.run("clean", idOfNone).status == 0)
        #expect(try spool.names("dead-letter").isEmpty)
        #expect(try spool.history().contains(#""verb":"clean""#))
    }

    @Test func whatWouldBeRejectedAgainStays() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try rejected(spool)
        let refused = try spool.run("retry", "broken.json")
        #expect(refused.status == 65)
        #expect(refused.errorText.contains("would be rejected again"))
        #expect(try spool.names("dead-letter") == ["broken.json", "broken.json.reason"])
        try spool.write("dead-letter/broken.json", #"{"command": ["true"]}"#)
        let queued = try spool.run("retry", "broken.json")
        #expect(queued.status == 0, "\(queued.errorText)")
        #expect(try spool.names("dead-letter").isEmpty)
        try spool.runWorker("-j", "1")
        #expect(try spool.ids(in: .done).count == 1)
    }

    /// What is queued, and the first failure, stand beside each other.
    @Test func oneThatIsRefusedKeepsNoOtherFromBeingQueued() throws {
        let spool = try TemporarySpool()
        let failed = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        try rejected(spool)
        let result = try spool.run("retry", "broken.json", failed)
        #expect(result.status == 65)
        #expect(try spool.place(of: failed) == .incoming)
    }

    @Test func aDryRunPrintsNothingThatCleanRefuses() throws {
        let spool = try TemporarySpool()
        let waiting = try spool.submit("--", "true")
        try spool.drop("dropped.json", #"{"command": ["true"]}"#)
        for name in [waiting, "dropped.json"] {
            for words in [["clean", name], ["clean", "--dry-run", name]] {
                let result = try spool.run(words)
                #expect(result.status == 65 && result.text == "", "\(words)")
                #expect(result.errorText.contains(": clean fits "))
            }
        }
        #expect(spool.exists("incoming/dropped.json"), "it stays what it was")
    }

    /// Nothing was queued, so nothing waits for a worker.
    @Test(arguments: ["retry", "release"])
    func whoFindsNoJobSaysNothingOfWorkers(_ verb: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let result = try spool.run(verb, "-a", "-q", "zz")
        #expect(result.status == 0)
        #expect(result.errorText == "spool: no such jobs here\n")
    }

    @Test func aQueueThatCannotBePausedKeepsNoOtherFromIt() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let result = try spool.run("pause", "a/b", "other")
        #expect(result.status == 65)
        #expect(try spool.open().pauses().queues == ["other"])
    }

    @Test func theOverviewCountsIt() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try rejected(spool)
        try rejected(spool, idOfNone + ".json")
        let page = try spool.run("status").text
        #expect(page.contains("jobs:        2 dead\n"), "\(page)")
        #expect(page.contains("2 today"), "\(page)")
    }

    /// The record of what has ended isn't lost for want of a look at it.
    @Test func aDamagedFileOfAnEndedJobStaysAndKeepsNoOther() throws {
        let spool = try TemporarySpool()
        let ended = try spool.submit("--", "true")
        try spool.runWorker("-j", "1")
        let day = try #require(try spool.names("done").first)
        try spool.write("done/\(day)/\(idOfNone).json", "{")
        let result = try spool.run("clean", "--older", "0")
        #expect(result.status == 65, "\(result.errorText)")
        #expect(result.errorText.contains("1 job removed"))
        #expect(try spool.place(of: ended) == nil)
        #expect(spool.exists("done/\(day)/\(idOfNone).json"))
    }

    /// Two names that are one text for Unicode are the names of two files.
    @Test func eachIsFoundByItsOwnSpelling() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let names = ["\u{e9}.json", "e\u{301}.json"]
        for name in names { try rejected(spool, name) }
        let found = try spool.objects(try spool.run(["status", "--json"] + names).text)
        #expect(found.count == 2)
    }
}

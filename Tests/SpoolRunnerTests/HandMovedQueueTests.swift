import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Queues and times, changed by hand.
struct HandMovedQueueTests {
    @Test func aDirectoryMadeByHandIsAQueue() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.startWorker("-j", "1")
        try FileTree.check(mkdir(spool["incoming/video"], 0o700), "mkdir")
        try spool.drop(
            "clip.json", #"{"command": "echo $SPOOL_QUEUE > proof"}"#, in: "incoming/video")
        try spool.wait("it has run") { try spool.ids(in: .done).count == 1 }
        #expect(try spool.lines("proof") == ["video"])
        #expect(try spool.job(spool.onlyID(in: .done)).queue == "video")
    }

    /// Its files are none of the spool's any more. The next job makes it anew, and a look at everything is minutes away.
    @Test(arguments: ["incoming/video", "incoming"])
    func aDirectoryMovedAwayIsMadeAnew(_ directory: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.startWorker("-j", "1")
        #expect(try spool.run("run", "--wait", "-q", "video", "--", "true").status == 0)
        try FileTree.check(rename(spool[directory], spool.home + "/elsewhere"), "rename")
        try FileTree.check(mkdir(spool[directory], 0o700), "mkdir")
        #expect(try spool.run("run", "--wait", "-q", "video", "--", "true").status == 0)
        #expect(try spool.run("run", "--wait", "--", "true").status == 0)
    }

    @Test func theDirectoryWinsOverTheContent() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.check(mkdir(spool["incoming/video"], 0o700), "mkdir")
        try spool.drop(
            "clip.json", #"{"command": "echo $SPOOL_QUEUE > proof", "queue": "sound"}"#,
            in: "incoming/video")
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof") == ["video"])
    }

    @Test func aDropIntoTheMainDirectoryGoesToItsQueue() throws {
        let spool = try TemporarySpool()
        try spool.drop("x.json", #"{"command": "true", "queue": "sound", "priority": "low"}"#)
        try spool.startWorker("-j", "1", "--queue", "default")
        try spool.wait("it is in its queue") { try spool.names("incoming/sound").count == 1 }
        #expect(try spool.names("incoming/sound").first?.hasPrefix("7-") == true)
    }

    @Test func movingBetweenQueuesByHand() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-q", "slow", "-c", "echo $SPOOL_QUEUE > proof")
        let other = try spool.submit("-q", "fast", "--", "true")
        try spool.rename("incoming/slow/5-\(id).json", to: "incoming/fast/5-\(id).json")
        try spool.startWorker("-j", "1", "--queue", "fast")
        try spool.wait(for: id, in: .done)
        try spool.wait(for: other, in: .done)
        #expect(try spool.lines("proof") == ["fast"])
    }

    @Test func aScheduledJobMovedByHandRunsNow() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-d", "1d", "-c", "echo ran > proof")
        try spool.startWorker("-j", "1")
        let name = try #require(try spool.names("scheduled").first)
        try spool.rename("scheduled/\(name)", to: "incoming/\(name)")
        try spool.wait(for: id, in: .done)
        #expect(try spool.lines("proof") == ["ran"])
    }

    @Test func renamingAScheduledJobChangesItsTime() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-d", "1d", "--", "true")
        let name = try #require(try spool.names("scheduled").first)
        try spool.rename("scheduled/\(name)", to: "scheduled/20200101T000000.000Z-5-\(id).json")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .done)
    }

    @Test func renamingAScheduledJobWhileTheWorkerRuns() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-d", "1d", "--", "true")
        try spool.startWorker("-j", "1")
        let name = try #require(try spool.names("scheduled").first)
        try spool.rename("scheduled/\(name)", to: "scheduled/20200101T000000.000Z-5-\(id).json")
        try spool.wait("it has run") { try spool.place(of: id) == .done }
    }

    @Test func aDroppedDelayedJobThatIsMovedRunsNow() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        try spool.drop("x.json", #"{"command": "echo ran > proof", "delay": "1d"}"#)
        try spool.wait("it is scheduled") { try spool.names("scheduled").count == 1 }
        let name = try #require(try spool.names("scheduled").first)
        let id = try #require(JobFileName(name)).id.description
        try spool.rename("scheduled/\(name)", to: "incoming/\(name)")
        try spool.wait(for: id, in: .done)
        #expect(try spool.lines("proof") == ["ran"])
    }

    @Test func aJobInAPlaceOfOtherNamesIsStillFound() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        try spool.rename("incoming/5-\(id).json", to: "failed/5-\(id).json")
        let shown = try spool.run("status", id)
        #expect(shown.status == 0)
        #expect(shown.text.contains("cancelled"))
        try spool.rename("failed/5-\(id).json", to: "scheduled/5-\(id).json")
        #expect(try spool.run("status", id).text.contains("has none"))
        #expect(try spool.run("move", "--now", id).status == 0)
        #expect(spool.exists("incoming/5-\(id).json"))
    }

    @Test func aRepairedDeadLetterRuns() throws {
        let spool = try TemporarySpool()
        try spool.drop("x.json", #"{"comand": "echo ran > proof"}"#)
        try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/x.json") }
        #expect(try spool.read("dead-letter/x.json.reason").contains("did you mean \"command\"?"))
        try spool.write("dead-letter/x.json", #"{"command": "echo ran > proof"}"#)
        try spool.rename("dead-letter/x.json", to: "incoming/x.json")
        try spool.wait("it has run") { try spool.lines("proof") == ["ran"] }
    }

    @Test func holdingAndFailingByHand() throws {
        let spool = try TemporarySpool()
        let held = try spool.submit("-c", "echo held >> proof")
        let dropped = try spool.submit("-c", "echo dropped >> proof")
        try spool.rename("incoming/5-\(held).json", to: "held/5-\(held).json")
        try spool.rename("incoming/5-\(dropped).json", to: "failed/\(dropped).json")
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof").isEmpty)
        #expect(try spool.run("status", held).text.contains("state:       held"))
        #expect(try spool.run("status", dropped).text.contains("state:       cancelled"))
        try spool.rename("held/5-\(held).json", to: "incoming/5-\(held).json")
        try spool.rename("failed/\(dropped).json", to: "incoming/5-\(dropped).json")
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof") == ["held", "dropped"])
    }
}

import Spool
import SpoolTestSupport
import SpoolTime
import Testing

/// `spool move` and `edit`, `pause` and `resume`: what waits can be changed.
struct MoveEditTests {
    @Test(arguments: ["tags.a=b", "env.X=", "limits.output=1K"])
    func aPartOfAFieldIsRefusedWithAdvice(_ change: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--hold", "--tag", "k=v", "--", "true")
        let before = try spool.job(id)
        let result = try spool.run("edit", id, change)
        let field = change.prefix { $0 != "." }
        #expect(result.status == 65)
        #expect(
            result.errorText.contains(
                "only the whole of \"\(field)\" can be set, as JSON: '\(field)={"),
            "\(result.errorText)")
        #expect(try spool.job(id) == before)
        #expect(try spool.run("edit", id, "x.a=b").errorText.contains("\"x.a\": unknown field"))
    }

    @Test func movesToAnotherPriorityQueueAndTime() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        #expect(try spool.run("move", id, "--priority", "critical").status == 0)
        #expect(try spool.jobPaths() == ["incoming/1-\(id).json"])
        #expect(try spool.run("move", id, "--queue", "lane", "-p", "8").status == 0)
        #expect(try spool.jobPaths() == ["incoming/lane/8-\(id).json"])
        #expect(try spool.run("move", id, "--at", "2099-01-02T03:04:05Z").status == 0)
        #expect(try spool.jobPaths() == ["scheduled/20990102T030405.000Z-8-\(id).json"])
        #expect(try spool.run("move", id, "-p", "low").status == 0)
        #expect(try spool.jobPaths() == ["scheduled/20990102T030405.000Z-7-\(id).json"])
        #expect(try spool.run("move", id, "--now").status == 0)
        #expect(try spool.jobPaths() == ["incoming/lane/7-\(id).json"])
        #expect(try spool.run("move", id, "--queue", "default").status == 0)
        #expect(try spool.jobPaths() == ["incoming/7-\(id).json"])
        #expect(try spool.job(id).priority == .low)
    }

    /// A copy of a job, made by hand, gets an id of its own, and whoever changes it must learn that.
    @Test(arguments: [["hold"], ["move", "-p", "high"], ["edit"]])
    func tellsTheIDOfACopy(_ command: [String]) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        #expect(try spool.run("cancel", id).status == 0)
        try spool.copy("failed/\(id).json", to: "incoming/5-\(id).json")
        let change = command == ["edit"] ? ["tags={\"a\": \"b\"}"] : []
        let result = try spool.run([command[0], id] + command.dropFirst() + change)
        #expect(result.status == 0)
        let copy = try #require(try spool.jobPaths().first { !$0.contains(id) })
        let own = copy.dropLast(5).suffix(26)
        #expect(result.errorText == "spool: \(id) was a copy; it is \(own) now\n")
    }

    @Test func runsInTheNewOrder() throws {
        let spool = try TemporarySpool()
        var ids: [String] = []
        for name in ["a", "b", "c", "d"] {
            ids.append(try spool.submit("-c", "echo \(name) >> order"))
        }
        #expect(try spool.run("move", ids[2], "-p", "0").status == 0)
        #expect(try spool.run("move", ids[0], "-p", "maintenance").status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("order") == ["c", "b", "d", "a"])
    }

    @Test func refusesNonsense() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        for words in [
            [id], [id, "-p", "urgent"], [id, "--at", "noon"], [id, "--now", "--at", "1h"],
            ["-p", "low"],
        ] {
            #expect(try spool.run(["move"] + words).status == 64, "\(words)")
        }
        #expect(try spool.run("move", id, "--queue", "a/b").status == 65)
        #expect(try spool.run("move", id, "--queue", "../done").status == 65)
        #expect(try spool.jobPaths() == ["incoming/5-\(id).json"])
        try spool.runWorker()
        #expect(try spool.run("move", id, "-p", "low").status == 65)
    }

    /// The queue that jobs are moved to is no filter.
    @Test func namesItsOwnOptionForTheQueue() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        for words in [["-p", "low"], [id, "--from-queue", "default", "-p", "low"]] {
            let result = try spool.run(["move"] + words)
            #expect(result.status == 64)
            #expect(result.errorText.contains(" --from-queue, "), "\(result.errorText)")
        }
    }

    @Test func editsFields() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-n", "old", "-c", "echo old >> proof")
        let result = try spool.run(
            "edit", id, "command=echo new >> proof", "name=", "max_attempts=3", "timeout=90s",
            "priority=high", "tags={\"a\": \"b\"}")
        #expect(result.status == 0)
        let job = try spool.job(id)
        #expect(job.command == .shell("echo new >> proof"))
        #expect(job.name == nil)
        #expect(job.maxAttempts == 3)
        #expect(job.timeout == .seconds(90))
        #expect(job.tags == ["a": "b"])
        #expect(try spool.jobPaths() == ["incoming/3-\(id).json"])
        try spool.runWorker()
        #expect(try spool.lines("proof") == ["new"])
    }

    @Test func movesWhenAnEditSaysSo() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        #expect(try spool.run("edit", id, "delay=1h").status == 0)
        #expect(try spool.place(of: id) == .scheduled)
        #expect(try spool.run("edit", id, "delay=", "queue=lane").status == 0)
        #expect(try spool.run("edit", id, "not_before=2020-01-01T00:00:00Z").status == 0)
        #expect(try spool.jobPaths() == ["incoming/lane/5-\(id).json"])
    }

    @Test(arguments: [
        ("timout=5s", "\"timeout\""), ("slots=0", "slots"), ("command=", "is missing"),
        ("queue=a/b", "queue"), ("max_attempts=many", "max_attempts"),
    ])
    func refusesAnEditThatIsNoJob(change: String, reason: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let before = try spool.read("incoming/5-\(id).json")
        let result = try spool.run("edit", id, change)
        #expect(result.status == 65)
        #expect(result.errorText.contains(reason))
        #expect(try spool.read("incoming/5-\(id).json") == before)
    }

    @Test func leavesTheRecordAlone() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let submitted = try spool.job(id).submittedAt
        #expect(try spool.run("edit", id, "name=x").status == 0)
        let job = try spool.job(id)
        #expect(job.submittedAt == submitted)
        #expect(job.state == nil)
        #expect(job.name == "x")
        #expect(try spool.run("edit", id, "no-equals-sign").status == 64)
    }

    @Test func editsWithTheEditor() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-n", "old", "--", "true")
        let editor = spool.home + "/editor"
        try FileTree.write(
            editor, Array("#!/bin/sh\nsed -i s/old/fresh/ \"$1\"\n".utf8), mode: 0o700)
        let more = ["EDITOR": editor, "TMPDIR": spool.base]
        #expect(try spool.run(["edit", id], environment: more).status == 0)
        #expect(try spool.job(id).name == "fresh")
        #expect(
            try spool.run(["edit", id], environment: more).errorText.contains("nothing changed"))
        let drafts = { try FileTree.names(spool.base).filter { $0.contains("-edit-") } }
        #expect(try drafts().isEmpty)
        let failed = ["TMPDIR": spool.base, "EDITOR": "false"]
        let untouched = try spool.run(["edit", id], environment: failed)
        #expect(untouched.status == 1 && !untouched.errorText.contains("your text"))
        #expect(try drafts().isEmpty, "nobody has written anything")
        let broken = ["TMPDIR": spool.base, "EDITOR": "sh -c 'echo >> $1; false' sh"]
        let touched = try spool.run(["edit", id], environment: broken)
        #expect(touched.status == 1 && touched.errorText.contains("your text is in"))
        #expect(try drafts().count == 1)
        let unknown = try spool.run(
            ["edit", id], environment: ["TMPDIR": spool.base, "EDITOR": "no-such-editor"])
        #expect(unknown.status == 66)
        #expect(unknown.errorText.contains("the editor \"no-such-editor\" can't be run"))
        #expect(try drafts().count == 1)
    }

    @Test func pausesAndResumesASingleQueue() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        #expect(try spool.run("pause", "video").status == 0)
        let video = try spool.submit("-q", "video", "--", "true")
        let other = try spool.submit("--", "true")
        try spool.wait(for: other, in: .done)
        #expect(try spool.place(of: video) == .incoming)
        #expect(try spool.run("list").errorText.contains("paused queues: video"))
        #expect(try spool.run("resume", "video").status == 0)
        try spool.wait(for: video, in: .done)
        let again = try spool.run("resume", "video")
        #expect(again.status == 0 && again.errorText.contains("video was not paused"))
    }

    /// It may be a mistake, and is done all the same.
    @Test func saysThatNothingIsInAPausedQueue() throws {
        let spool = try TemporarySpool()
        let text = "no worker serves the queue video, and no job is in it"
        let pause = ["pause", "video"]
        let first = try spool.run(pause)
        #expect(first.status == 0 && first.errorText.contains(text), "\(first.errorText)")
        #expect(try spool.open().pauses().queues == ["video"])
        for options in [[], ["-d", "1h"], ["--hold"]] {
            let id = try spool.submit(["-q", "video"] + options + ["--", "true"])
            let known = try spool.run(pause)
            #expect(known.status == 0 && known.errorText.isEmpty, "\(options)")
            #expect(try spool.run("cancel", id).status == 0)
        }
        _ = try spool.submit("--hold", "--", "true")
        #expect(try spool.run(pause).errorText.contains(text))
        #expect(try spool.run("pause", "default").errorText.isEmpty)
        #expect(try spool.run("pause").errorText.isEmpty)
        try spool.startWorker("-q", "other")
        #expect(try spool.run(pause).errorText.contains(text))
        try spool.startWorker()
        #expect(try spool.run(pause).errorText.isEmpty)
    }

    @Test func pausesEverythingAndLetsGoOnWhatRuns() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let running = try spool.submit("-c", "read line < gate")
        try spool.wait(for: running, in: .running)
        let next = try spool.submit("-q", "lane", "--", "true")
        #expect(try spool.run("pause").status == 0)
        try gate.open()
        try spool.wait(for: running, in: .done)
        #expect(try spool.place(of: next) == .incoming)
        #expect(try spool.run("resume").status == 0)
        try spool.wait(for: next, in: .done)
    }
}

/// What is surely not meant is said or refused, and what somebody has written isn't lost.
struct MistakenEditTests {
    @Test(arguments: [
        "id=01ARZ3NDEKTSV4RRFFQ69G5FAV", "state=completed", "attempts=[]", "submitted_at=",
        "result=1",
        "message=x", "submitted_by={}", "cron={}", "retry_at=2026-11-21T07:30:00Z",
    ])
    func whatTheQueueRecordsIsRefused(_ change: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let before = try spool.read("incoming/5-\(id).json")
        let result = try spool.run("edit", id, "priority=high", change)
        #expect(result.status == 65)
        #expect(result.errorText.contains("\"\(change.prefix { $0 != "=" })\""))
        #expect(try spool.read("incoming/5-\(id).json") == before)
    }

    @Test(arguments: [
        (#"sed -i s/true/12/;sed -i s/command/comand/"#, "comand"),
        (#"sed -i 's/^{/{"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",/'"#, "\"id\""),
        ("truncate -s 0", ""),
    ])
    func aBadTextIsKept(_ editor: String, _ word: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let before = try spool.read("incoming/5-\(id).json")
        let script = spool.home + "/editor"
        let lines = editor.split(separator: ";").map { "\($0) \"$1\"" }.joined(separator: "\n")
        try FileTree.write(script, Array("#!/bin/sh\n\(lines)\n".utf8))
        let result = try spool.run(
            ["edit", id], environment: ["EDITOR": "sh \(script)", "TMPDIR": spool.home])
        #expect(result.status == 65)
        #expect(result.errorText.contains(word))
        let kept = try #require(
            try FileTree.names(spool.home).first { $0.hasPrefix("spool-\(id)-edit") })
        #expect(result.errorText.contains("your text is in \(spool.home)/\(kept)"))
        #expect(try spool.read("incoming/5-\(id).json") == before)
    }

    @Test(arguments: ["edit ID name=other", "move ID -p high", "mv"])
    func aChangeMadeMeanwhileStands(_ change: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let by =
            change == "mv"
            ? "mv \(spool["incoming"])/5-\(id).json \(spool["incoming"])/1-\(id).json"
            : "\(TemporarySpool.binary) \(change.replacing("ID", with: id))"
        let script = spool.home + "/editor"
        try FileTree.write(script, Array("sed -i s/true/false/ \"$1\"\n\(by)\n".utf8))
        let result = try spool.run(
            ["edit", id], environment: ["EDITOR": "sh \(script)", "TMPDIR": spool.home])
        #expect(result.status == 75)
        #expect(result.errorText.contains("somebody else has changed job \(id) meanwhile"))
        #expect(try FileTree.names(spool.home).contains { $0.hasPrefix("spool-\(id)-edit") })
        let job = try spool.job(id)
        switch change {
        case "mv": #expect(spool.exists("incoming/1-\(id).json"))
        case let text where text.hasPrefix("move"): #expect(job.priority == .high)
        default: #expect(job.name == "other")
        }
        #expect(job.command != .arguments(["false"]))
    }

    @Test func aTextForAJobThatBeganMeanwhileIsKept() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let editor = "sh -c 'sed -i s/true/false/ \"$0\"; \(TemporarySpool.binary) cancel \(id)'"
        let result = try spool.run(
            ["edit", id], environment: ["EDITOR": editor, "TMPDIR": spool.home])
        #expect(result.status == 65)
        #expect(result.errorText.contains("is cancelled"))
        #expect(try FileTree.names(spool.home).contains { $0.hasPrefix("spool-\(id)-edit") })
    }

    @Test func aGoodTextLeavesNothingBehind() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let result = try spool.run(
            ["edit", id], environment: ["EDITOR": "sed -i s/true/false/", "TMPDIR": spool.home])
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.job(id).command == .arguments(["false"]))
        #expect(try FileTree.names(spool.home).allSatisfy { !$0.contains("-edit") })
    }

    @Test func aTimeThatHasPassedIsSaidOrRefused() throws {
        let spool = try TemporarySpool()
        let past = "2001-02-03T04:05:06.000Z"
        for words in [["run", "--at", past], ["run", "--expires", past]] {
            let result = try spool.run(words + ["--", "true"])
            #expect(result.status == 0)
            #expect(result.errorText.contains("\(words[1]) \(past) has passed"))
            #expect(
                try spool.run([words[0], "--strict"] + words[1...] + ["--", "true"]).status == 65)
        }
        let job = #"{"command": ["true"], "not_before": "\#(past)"}"#
        let submitted = try spool.run(["submit", "-"], input: job + "\n" + job)
        #expect(submitted.status == 0)
        #expect(submitted.errorText.contains("\"not_before\" \(past) has passed"))
        #expect(submitted.errorText.contains("1 more job\n"))
        #expect(try spool.run(["submit", "--strict", "-"], input: job).status == 65)
        #expect(try spool.ids(in: .incoming).count == 4)
        let id = try spool.submit("--delay", "1h", "--", "true")
        #expect(try spool.run("move", "--strict", "--at", past, id).status == 65)
        #expect(try spool.place(of: id) == .scheduled)
        #expect(try spool.run("move", "--at", past, id).errorText.contains("has passed"))
        #expect(try spool.place(of: id) == .incoming)
        let late = try spool.submit("--at", "2099-01-01T00:00:00Z", "--", "true")
        #expect(try spool.run("edit", "--strict", late, "not_before=\(past)").status == 65)
        #expect(try spool.job(late).notBefore == Instant(rfc3339: "2099-01-01T00:00:00Z"))
        let edited = try spool.run("edit", late, "not_before=\(past)", "priority=high")
        #expect(edited.status == 0)
        #expect(edited.errorText.contains("\"not_before\" \(past) has passed"))
        let other = try spool.run("edit", late, "priority=low")
        #expect(other.status == 0 && other.errorText.isEmpty, "that isn't about the time")
        let editor = "sed -i 's/2001-02/2001-03/'"
        let again = try spool.run(
            ["edit", late], environment: ["EDITOR": editor, "TMPDIR": spool.home])
        #expect(again.status == 0)
        let strict = try spool.run(
            ["edit", "--strict", late],
            environment: ["EDITOR": "sed -i 's/2001-03/2001-04/'", "TMPDIR": spool.home])
        #expect(strict.status == 65 && strict.errorText.contains("your text is in"))
        #expect(again.errorText.contains("\"not_before\" 2001-03-03T04:05:06.000Z has passed"))
        let soon = try spool.run("run", "--strict", "--at", "2099-01-01T00:00:00Z", "--", "true")
        #expect(soon.status == 0 && !soon.errorText.contains("passed"))
    }
}

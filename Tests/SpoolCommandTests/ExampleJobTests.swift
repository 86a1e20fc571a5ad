import Foundation
import Testing

/// Every job file of the examples is a job, and runs as the list of examples says.
@Suite struct ExampleJobTests {
    /// Drops a job file, has a worker run it, and answers with what became of it.
    private func run(_ name: String, in spool: ExampleSpool) throws -> [String: Any] {
        try drop(name, in: spool)
        let worked = try spool.spool("worker", "--until-empty")
        #expect(worked.status == 0)
        #expect(worked.error == "")
        let jobs = try spool.list("--all")
        try #require(jobs.count == 1)
        return jobs[0]
    }

    private func drop(_ name: String, in spool: ExampleSpool) throws {
        try FileManager.default.copyItem(
            atPath: Package.path("examples/jobs/" + name),
            toPath: spool.path + "/incoming/" + name)
    }

    @Test(arguments: [
        ("smallest.json", "hello\n"),
        ("shell.json", "two\nthree\none\n/tmp\n"),
        ("array.json", "<two words><$HOME stays as it is><\"quoted\">"),
        ("priority.json", "urgent\n"),
        ("tags.json", "tagged\n"),
        ("key.json", "reindexed\n"),
        ("stdin.json", "SHOUT THIS\n"),
    ])
    func completes(_ name: String, output: String) throws {
        let job = try run(name, in: try ExampleSpool())
        #expect(job["state"] as? String == "completed")
        #expect(job["result"] as? String == output)
    }

    @Test func everyFileIsAJob() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Package.path("examples/jobs")
        ).map { Package.path("examples/jobs/" + $0) }
        let spool = try ExampleSpool()
        let checked = try spool.run([Package.spool, "submit", "--check"] + names)
        #expect(checked.error == "spool: \(names.count) jobs, no errors\n")
        #expect(checked.status == 0)
        #expect(names.count == 11)
    }

    @Test func retry() throws {
        let spool = try ExampleSpool()
        try spool.startWorker()
        try drop("retry.json", in: spool)
        // Each look is a process; a file that was dropped is no job before a worker has seen it.
        let deadline = ContinuousClock.now + .seconds(60)
        while try !spool.list("--all").contains(where: { $0["id"] is String }) {
            try #require(ContinuousClock.now < deadline)
        }
        #expect(try spool.spool("wait", "--all-projects").status == 0)
        let job = try #require(try spool.list("--all").first)
        #expect(job["state"] as? String == "completed")
        #expect(job["result"] as? String == "try 3 of 5\n")
        let attempts = job["attempts"] as? [[String: Any]] ?? []
        #expect(attempts.map { $0["exit_code"] as? Int } == [1, 1, 0])
    }

    @Test func timeout() throws {
        let job = try run("timeout.json", in: try ExampleSpool())
        #expect(job["state"] as? String == "timed_out")
        #expect(job["message"] as? String == "stopped after its timeout of 300ms")
        let attempts = job["attempts"] as? [[String: Any]] ?? []
        #expect(attempts.map { $0["signal"] as? String } == ["SIGTERM"])
    }

    @Test func delayed() throws {
        let spool = try ExampleSpool()
        let waiting = try run("delayed.json", in: spool)
        #expect(waiting["state"] as? String == "scheduled")
        let id = try #require(
            (waiting["file"] as? String)?.split(separator: "-").last?.dropLast(5))
        #expect(try spool.spool("move", "--now", String(id)).status == 0)
        #expect(try spool.spool("worker", "--until-empty").status == 0)
        let job = try spool.status(String(id))
        #expect(job["state"] as? String == "completed")
        #expect(job["result"] as? String == "late\n")
    }

    @Test func priority() throws {
        let spool = try ExampleSpool()
        try drop("priority.json", in: spool)
        // A worker of another queue admits it and leaves it where it belongs.
        #expect(try spool.spool("worker", "--until-empty", "-q", "default").status == 0)
        let names = try FileManager.default.contentsOfDirectory(
            atPath: spool.path + "/incoming/reports")
        #expect(names.map { $0.prefix(2) } == ["3-"])
    }

    @Test func tags() throws {
        let spool = try ExampleSpool()
        _ = try run("tags.json", in: spool)
        let job = try spool.status("nightly-backup")
        #expect(job["tags"] as? [String: String] == ["host": "alpha", "kind": "backup"])
        let metadata = job["metadata"] as? [String: Any]
        #expect(metadata?["ticket"] as? Int == 4711)
        #expect(metadata?["owners"] as? [String] == ["ada", "grace"])
        #expect(try spool.list("--tag", "host=alpha").count == 1)
        #expect(try spool.list("--tag", "host=beta").count == 0)
    }

    @Test(.enabled(if: Package.tool("jq") != nil, "jq(1) is not installed"))
    func handler() throws {
        let spool = try ExampleSpool()
        try FileManager.default.copyItem(
            atPath: Package.path("examples/handlers/count-words"),
            toPath: spool.path + "/handlers/count-words")
        let text = spool.directory + "/text"
        try "one two\nthree\n".write(toFile: text, atomically: true, encoding: .utf8)
        let submitted = try spool.spool(
            "submit", "-",
            input: """
                {"type": "count-words", "payload": {"file": "\(text)"}}
                {"type": "count-words", "payload": {"file": "\(text)"}, "mode": "dry-run"}
                {"type": "count-words", "payload": {"file": "\(text)-"}, "max_attempts": 5}
                """)
        #expect(submitted.status == 0, "\(submitted.error)")
        #expect(try spool.spool("worker", "--until-empty").error == "")
        let jobs = try submitted.output.split(separator: "\n").map { try spool.status(String($0)) }
        try #require(jobs.count == 3)
        #expect(jobs[0]["result"] as? [String: Int] == ["lines": 2, "words": 3, "bytes": 14])
        #expect(jobs[1]["result"] as? String == "would report 3 words\n")
        #expect(jobs[2]["state"] as? String == "failed")
        #expect((jobs[2]["attempts"] as? [Any])?.count == 1)
        // The job file of the example finds the same handler.
        try drop("handler.json", in: spool)
        #expect(try spool.spool("worker", "--until-empty").error == "")
        let results = try spool.list("--state", "completed").compactMap {
            $0["result"] as? [String: Int]
        }
        #expect(results.count == 2)
    }
}

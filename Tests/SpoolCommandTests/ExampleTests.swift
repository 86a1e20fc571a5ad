import Foundation
import Testing

/// Every example does what it says.
@Suite struct ExampleTests {
    @Test func dropWithoutTheProgram() throws {
        let spool = try ExampleSpool()
        let odd = "printf '%s' 'a \"b\" \\ c\n\td\u{1}é'\n"
        let dropped = try spool.example("drop.sh", "echo first", odd)
        #expect(dropped.status == 0, "\(dropped.error)")
        let names = try FileManager.default.contentsOfDirectory(atPath: spool.path + "/incoming")
        #expect(names.count == 2)
        #expect(names.allSatisfy { $0.hasPrefix("drop-") && $0.hasSuffix(".json") })

        let worked = try spool.spool("worker", "--until-empty")
        #expect(worked.status == 0)
        #expect(worked.error == "")
        let jobs = try spool.list("--all")
        #expect(jobs.allSatisfy { $0["state"] as? String == "completed" })
        #expect(
            Set(jobs.compactMap { $0["result"] as? String })
                == ["first\n", "a \"b\" \\ c\n\td\u{1}é"])
    }

    @Test func submitWithTheProgram() throws {
        let spool = try ExampleSpool()
        try spool.startWorker()
        let run = try spool.example("submit.sh")
        #expect(
            run.output == """
                greeting: hello
                last output of the retried job: try 3
                exit code: 7
                exit code after a timeout: 124
                waiting: high
                waiting: low
                asked twice, one job
                line: one
                line: two

                """)
        #expect(run.status == 0)
        #expect(run.error == "spool: job timed_out: stopped after its timeout of 200ms\n")
    }

    @Test func atMostOnce() throws {
        let spool = try ExampleSpool()
        try spool.startWorker()
        let run = try spool.example("at-most-once.sh")
        #expect(
            run.output == """
                20 requests, 1 job
                after its end: another job
                the report of today: 1 job
                run again after its end: no

                """)
        #expect(run.status == 0)
        #expect(run.error == "")
        #expect(try spool.list("--all").count == 3)
    }

    @Test(.enabled(if: Package.tool("jq") != nil, "jq(1) is not installed"))
    func checksumTree() throws {
        let spool = try ExampleSpool()
        let tree = spool.directory + "/a tree's"
        var names = (0..<20).map { "many-\($0)" }
        names += ["two words", "q'\"u\\o", "-n", "line\nbreak", "ü", "$HOME", "%s", "*"]
        try FileManager.default.createDirectory(
            atPath: tree + "/below", withIntermediateDirectories: true)
        for (index, name) in names.enumerated() {
            try Data("content \(index)\n".utf8).write(
                to: URL(fileURLWithPath: tree + (index % 2 == 0 ? "/" : "/below/") + name))
        }
        // A name that isn't UTF-8.
        let other = try spool.run(
            ["/bin/sh", "-c", "echo other > \"$1/$(printf '\\377\\001')\"", "sh", tree])
        #expect(other.status == 0, "\(other.error)")

        try spool.startWorker("-j", "2")
        let queued = try spool.example("checksum-tree.sh", tree)
        let plain = try spool.example("checksum-tree.sh", "--plain", tree)
        #expect(queued.status == 0, "\(queued.error)")
        #expect(queued.error == "")
        #expect(queued.output == plain.output)
        #expect(queued.output.split(separator: "\n").count == names.count + 1)
        // And one of them by other means.
        let one = try spool.run(
            ["/bin/sh", "-c", "printf 'content 0\\n' | gzip -nc | sha256sum | cut -c 1-64"])
        #expect(queued.output.contains(one.output.dropLast() + "  "))
        // Each ran once.
        let jobs = try spool.list("--all")
        #expect(jobs.count == names.count + 1)
        #expect(jobs.allSatisfy { ($0["attempts"] as? [Any])?.count == 1 })
    }

    @Test func submitFromSwift() throws {
        let program = Package.products.appendingPathComponent("submit-from-swift").path
        let spool = try ExampleSpool()
        try spool.startWorker()
        let text = "from 'Swift' $HOME"
        let submitted = try spool.run([program, spool.path, text])
        #expect(submitted.status == 0, "\(submitted.output)")
        let id = String(submitted.output.dropLast())
        // It starts no worker itself; this one sees the file.
        let job = try spool.ended(id)
        #expect(job["state"] as? String == "completed")
        #expect(job["result"] as? String == text + "\n")
        #expect(job["name"] as? String == "from-swift")
        #expect(job["max_attempts"] as? Int == 3)
        #expect(job["tags"] as? [String: String] == ["example": "swift"])
    }

    @Test func theMainCommand() throws {
        let spool = try ExampleSpool()
        try spool.startWorker()
        let run = try spool.spool("run", "--follow", "--", "echo", "hello")
        #expect(run.status == 0)
        #expect(run.output == "hello\n")
    }

    @Test func serviceUnit() throws {
        let text = try Package.text("examples/systemd/spool.service")
        let settings = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        // Without this a restart of the worker would kill what runs.
        #expect(settings.contains("KillMode=process"))
        #expect(settings.contains("ExecStart=/usr/local/bin/spool daemon"))
        for line in settings {
            #expect(line.hasPrefix("[") && line.hasSuffix("]") || line.contains("="), "\(line)")
        }
        guard let verifier = Package.tool("systemd-analyze") else { return }
        // Where it is to be installed there may be nothing yet.
        let spool = try ExampleSpool()
        let unit = spool.directory + "/spool.service"
        try text.replacingOccurrences(of: "/usr/local/bin/spool", with: Package.spool)
            .split(separator: "\n").filter { !$0.hasPrefix("Documentation=") }
            .joined(separator: "\n").write(toFile: unit, atomically: true, encoding: .utf8)
        let verified = try spool.run([verifier, "verify", "--man=no", unit])
        // It also speaks of other units of this machine.
        let lines = verified.error.split(separator: "\n")
        #expect(lines.filter { $0.contains("spool.service") } == [])
    }

    @Test func theListOfPeers() throws {
        let spool = try ExampleSpool()
        let run = try spool.example("bench/install-peers.sh", "-n")
        #expect(run.status == 0)
        let commands = run.output.split(separator: "\n")
        #expect(commands.contains { $0.contains("apt-get install") && $0.hasSuffix(" nq") })
        // Where spool-bench looks for it.
        let place = commands.first { $0.hasPrefix("python3 -m venv") }
        #expect(place?.hasSuffix("/spool-bench") == true)
        #expect(try spool.example("bench/install-peers.sh", "--all").status == 64)
    }

    @Test func everyExampleIsListed() throws {
        let list = try Package.text("examples/README.md")
        let found = FileManager.default.enumerator(atPath: Package.path("examples"))
        for case let name as String in found ?? .init() {
            guard !name.hasSuffix("README.md"), name.contains("."), !name.hasPrefix(".") else {
                continue
            }
            #expect(list.contains("(\(name))"), "examples/\(name) is not in examples/README.md")
        }
    }

    @Test(.enabled(if: Package.tool("shellcheck") != nil, "shellcheck(1) is not installed"))
    func scriptsAreClean() throws {
        let spool = try ExampleSpool()
        for name in [
            "drop.sh", "submit.sh", "at-most-once.sh", "checksum-tree.sh", "handlers/count-words",
            "bench/install-peers.sh",
        ] {
            let path = Package.path("examples/" + name)
            let run = try spool.run([Package.tool("shellcheck") ?? "", path])
            #expect(run.output == "")
        }
    }
}

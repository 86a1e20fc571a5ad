// Submits a job to the spool that is named, finds it in every way, waits for its end and reads its output.

import Spool

/// What came out otherwise than it must.
struct Surprise: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

func expect(_ holds: Bool, _ text: String) throws {
    guard holds else { throw Surprise(text) }
}

let spool = try SpoolDirectory(at: CommandLine.arguments[1])

var job = Job(command: .arguments(["sh", "-c", "echo out; echo err >&2; exit 3"]))
job.name = "from-outside"
job.priority = .high
job.tags = ["origin": "outside"]
job.timeout = .seconds(600)
job.maxAttempts = 2
job.backoff = .fixed(delay: .milliseconds(10), jitter: 0)
let id = try spool.submit(job)

try expect(try spool.find("from-outside").id == id, "found by its name")
try expect(try spool.find(id.description).id == id, "found by its id")
let listed = try spool.jobs(Job.Filter(names: ["from-outside"], tags: ["origin": "outside"]))
try expect(listed.map(\.id) == [id], "listed")

guard let end = try spool.wait(for: id, timeout: .seconds(300)) else {
    throw Surprise("it hasn't ended")
}
try expect(end.state == .dead && end.job?.attempts?.map(\.exitCode) == [3, 3], "its end")
try expect(try spool.entry(of: id).state == end.state, "its entry")

var output = ""
try spool.log(of: id).read { record in
    if record.stream == .output { output += String(decoding: record.bytes, as: UTF8.self) }
}
try expect(output == "out\nout\n", "its output")

var verbs: Set<String> = []
try spool.history { line in if line.job == id { verbs.insert(line.verb) } }
try expect(verbs.isSuperset(of: ["submit", "claim", "start", "finish"]), "its history")

print("outside: all is as it must be")

import Spool
import SpoolSystem
import SpoolTime

let submitCommand = CommandTable(
    "submit", "submit job files, or a job a line", operands: "FILE ... | -",
    options: [
        Option(
            "lines", "l", nil,
            "each line is a job (JSON lines); otherwise told by the content"),
        Option("check", nil, nil, "only say whether they are jobs"),
        Option("hold", nil, nil, "don't queue them before 'spool release'"),
        Invocation.strict,
        .noStart,
    ]
) { invocation throws(SpoolError) in
    guard !invocation.operands.isEmpty else { throw .usage("name a file, or - for standard input") }
    var jobs: [Job] = []
    for file in invocation.operands {
        jobs += try JobInput(file: file, isLines: invocation.has("lines")).read(invocation.console)
    }
    let now = Instant(nanoseconds: Clock.realtime())
    if let fault = jobs.lazy.compactMap({ $0.neverStarts(submittedAt: now) }).first {
        throw SpoolError(.invalidJob, fault)
    }
    try invocation.tellPast(in: jobs)
    if invocation.has("check") {
        invocation.console.say(MessageText.count(jobs.count, "job") + ", no errors")
        return ExitStatus.success
    }
    let console = invocation.console
    let spoolDirectory = try invocation.openSpool()
    let parent = try invocation.ownJob
    var failure: SpoolError?
    // One sync for many jobs; and not all of them in memory twice.
    let batch = 1000
    for start in stride(from: 0, to: jobs.count, by: batch) {
        var submitted: [JobID] = []
        let part = jobs[start..<min(start + batch, jobs.count)].map { job in
            var job = job
            job.parent = job.parent ?? parent
            return job
        }
        do throws(SpoolError) {
            try spoolDirectory.submit(
                part, held: invocation.has("hold"), submitted: &submitted)
        } catch {
            failure = error
        }
        try console.announce(submitted)
        if let failure {
            let count = start + submitted.count
            let which = count == 0 ? "none" : "the first \(count)"
            console.say("\(which) of \(MessageText.count(jobs.count, "job")) are submitted")
            throw failure
        }
    }
    if !jobs.isEmpty { try invocation.ensureWorker(of: spoolDirectory) }
    try invocation.tellUnserved(jobs, in: spoolDirectory)
    return ExitStatus.success
}

/// A file of jobs: one object, or one a line.
package struct JobInput {
    /// All that one command may read, in bytes.
    package static let limit = 1 << 30

    let file: String
    let isLines: Bool

    func read(_ console: Console) throws(SpoolError) -> [Job] {
        let bytes =
            file == "-" ? try console.readInput(limit: JobInput.limit) : try content(console)
        guard bytes.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
            throw SpoolError(.invalidJob, "\(name) is empty: there is no job in it")
        }
        return
            isLines || looksLikeLines(bytes) ? try lines(bytes) : [try job(bytes, line: nil)]
    }

    /// What messages call it.
    private var name: String { file == "-" ? "standard input" : file }

    private func content(_ console: Console) throws(SpoolError) -> [UInt8] {
        do throws(SpoolError) {
            return try console.readFile(file, limit: JobInput.limit)
        } catch {
            guard error.code == .notFound, !file.isEmpty, !file.hasSuffix(".json"),
                !file.hasSuffix(".jsonl")
            else { throw error }
            // Other queues take a command in the place of a file.
            throw SpoolError(
                .notFound,
                "\(error.message); a command is submitted by 'spool run -- COMMAND ...'", path: file
            )
        }
    }

    /// More than one line, of which the first is a whole object.
    private func looksLikeLines(_ bytes: [UInt8]) -> Bool {
        guard let lineBreak = bytes.firstIndex(of: UInt8(ascii: "\n")),
            bytes[lineBreak...].contains(where: { !" \t\r\n".utf8.contains($0) })
        else { return false }
        // Whether it is JSON is all that is asked.
        return (try? JSONSyntax.check(Array(bytes[..<lineBreak]))) != nil
    }

    /// Every line is checked before the first job is submitted.
    private func lines(_ bytes: [UInt8]) throws(SpoolError) -> [Job] {
        var jobs: [Job] = []
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            jobs.append(try job(Array(line), line: number))
        }
        return jobs
    }

    private func job(_ bytes: [UInt8], line: Int?) throws(SpoolError) -> Job {
        do throws(SpoolError) {
            return try Job(json: bytes)
        } catch {
            throw SpoolError(
                error.code, name + (line.map { ":\($0)" } ?? "") + ": \(error.message)")
        }
    }
}

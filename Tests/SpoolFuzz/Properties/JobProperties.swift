import Spool
import SpoolTime

/// Of the reader of job files.
enum JobProperties {
    /// No message may be longer, whatever the input: it becomes a reason, a line of the history, and what a
    /// terminal shows.
    private static let longestMessage = 2048

    @Sendable static func check(_ bytes: [UInt8]) throws {
        let job: Job
        do throws(SpoolError) {
            job = try Job(json: bytes)
        } catch {
            return try checkError(error, bytes)
        }
        let written = try job.json()
        let again: Job
        do throws(SpoolError) {
            again = try Job(json: written)
        } catch {
            throw Violation(description: "what it writes it can't read: \(error): \(written.text)")
        }
        try require(again == job, "it reads another job than it wrote: \(written.text)")
        try require(try again.json() == written, "written twice, it differs: \(written.text)")
        try checkUse(job)
    }

    /// What the queue works out of a job must hold for every job that it accepts.
    private static func checkUse(_ job: Job) throws {
        let id = job.id ?? JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")
        guard let id else { throw Violation(description: "no id") }
        let now = Instant(seconds: 1_795_000_000)
        let due = job.dueTime(submittedAt: now) ?? now
        var locations: [JobLocation] = [
            .incoming(id, queue: job.effectiveQueue, job.effectivePriority),
            .scheduled(id, due: due, job.effectivePriority),
            .running(id, attempt: job.nextAttemptNumber), .done(id, finishedAt: now),
            .failed(id), .deadLetter(id), .held(id, job.effectivePriority),
        ]
        let ended = RetryPolicy.ended(job, random: 1)
        if let end = RetryPolicy.destination(of: ended, id: id) { locations.append(end) }
        for location in locations {
            let name = location.name
            try require(JobFileName(name.text) == name, "\(location.path) isn't read again")
            try require(name.fits(location.place), "\(location.path) doesn't fit its place")
        }
        _ = job.expiryTime(submittedAt: now)
        _ = job.triesInRound
        _ = job.title
        for attempt in job.attempts ?? [] { _ = attempt.duration?.description }
        let completed = job.completed(from: locations[0])
        try require(
            (try? Job(json: try completed.json())) == completed,
            "completed, it isn't read again")
    }

    /// A message is short, and a place that it names lies within the input.
    static func checkError(_ error: SpoolError, _ bytes: [UInt8]) throws {
        let message = error.message
        try require(error.code == .invalidJob, "another kind of error: \(message)")
        try require(!message.isEmpty, "no message")
        try require(
            message.utf8.count <= longestMessage, "a message of \(message.utf8.count) bytes")
        guard message.hasPrefix("not JSON, line ") else { return }
        let words = message.split(whereSeparator: { $0 == " " || $0 == ":" })
        guard words.count > 5, let line = Int(words[3]), let column = Int(words[5]) else {
            throw Violation(description: "no place in: \(message)")
        }
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        try require((1...lines.count).contains(line), "no such line: \(message)")
        // One behind the end is where something is missing.
        try require(
            (1...lines[line - 1].count + 1).contains(column), "no such column: \(message)")
    }
}

// Submits a job from a Swift program, as `spool run` would, and prints its id.
//
// usage: submit-from-swift SPOOL TEXT

import Glibc
import Spool

guard CommandLine.arguments.count == 3 else {
    print("usage: submit-from-swift SPOOL TEXT")
    exit(64)
}

// An array: the text goes to the program as it is, no shell reads it.
var job = Job(command: .arguments(["echo", CommandLine.arguments[2]]))
job.name = "from-swift"
job.priority = .high
job.tags = ["example": "swift"]
job.timeout = .seconds(600)

// Asked for: without these lines it would run at most once.
job.maxAttempts = 3
job.backoff = .exponential(delay: .seconds(2), factor: 2, max: .seconds(60), jitter: 0.1)

do {
    let spool = try SpoolDirectory(at: CommandLine.arguments[1])
    // When this returns, the job is in the spool, and survives a power cut.
    print(try spool.submit(job))
} catch {
    // The message says what failed, where, and what to do about it.
    print("submit-from-swift: \(error)")
    exit(1)
}

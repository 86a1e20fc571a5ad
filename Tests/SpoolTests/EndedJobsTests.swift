import Foundation
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool

/// A job that has its last place before the record of its end.
struct EndedJobsTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open()
    }

    /// As a process that ends a waiting job leaves it between the two steps.
    private func halfEnded() throws -> LockedJob {
        let id = try spool.submit(Job(command: .shell("true")))
        let location = try #require(try Lookup(spool.storage).locate(id).first)
        guard case .locked(let locked, _) = try JobLock(spool.storage).acquire(location) else {
            throw FileTree.Failure(description: "not locked")
        }
        #expect(
            try JobFiles(spool.storage).move(locked, to: .failed(id), .cancel, sync: .off) == .moved
        )
        return locked
    }

    /// The answer of a thread that waits for the end of a job.
    private final class Answer: @unchecked Sendable {
        private let lock = Lock()
        private var result: Result<JobEntry?, any Error>?

        init(_ storage: Storage, _ id: JobID) {
            Thread.detachNewThread {
                // A test on a busy machine may take longer than a disk.
                let jobs = EndedJobs(storage, patience: 120_000_000_000)
                let result = Result { try jobs.wait(for: id, timeout: .seconds(120)) }
                self.lock.held { self.result = result }
            }
        }

        var isThere: Bool { lock.held { result != nil } }
        func get() throws -> JobEntry? { try lock.held { result }?.get() }
    }

    /// Whether a thread of this process watches the file for its end.
    private func isWatched(_ path: String) throws -> Bool {
        let inode = try FileManager.default.attributesOfItem(atPath: temporary[path])[
            .systemFileNumber]
        guard let inode = inode as? UInt64 else { return false }
        let directory = "/proc/self/fdinfo"
        return try FileManager.default.contentsOfDirectory(atPath: directory).contains { name in
            let text = try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
            return text?.contains(" ino:\(String(inode, radix: 16)) ") == true
        }
    }

    @Test func theRecordIsWaitedFor() throws {
        let locked = try halfEnded()
        let answer = Answer(spool.storage, locked.id)
        let path = locked.location.path
        try temporary.wait("the file is watched or the answer is there") {
            try isWatched(path) || answer.isThere
        }
        #expect(!answer.isThere)
        locked.job.state = .cancelled
        locked.job.message = "why"
        locked.job.finishedAt = spool.storage.now()
        #expect(try JobFiles(spool.storage).rewrite(locked, isDurable: false))
        try temporary.wait("the answer is there") { answer.isThere }
        let entry = try #require(try answer.get())
        #expect(entry.state == .cancelled)
        #expect(entry.message == "why")
        #expect(entry.job?.finishedAt != nil)
    }

    @Test func aRecordThatNobodyWritesIsNot() throws {
        let id = try halfEnded().id
        let answer = Answer(spool.storage, id)
        // It has far more patience with a record that somebody still writes.
        try temporary.wait("the answer is there", upTo: 60) { answer.isThere }
        let entry = try #require(try answer.get())
        #expect(entry.state == .cancelled)
        #expect(entry.job?.finishedAt == nil)
    }
}

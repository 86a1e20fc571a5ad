import Spool
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// What is read of `settings.json`.
struct SettingsFileTests {
    private func read(_ text: String) throws -> SettingsFile {
        let spool = try TemporarySpool()
        let directory = try spool.open()
        try spool.write("settings.json", text)
        return try SettingsFile.read(directory)
    }

    @Test(arguments: ["prefetch_below", "brisk"])
    func theFormerNameIsRead(_ name: String) throws {
        let settings = try read("{\"\(name)\": \"7ms\"}").applied(to: WorkerOptions())
        #expect(settings.prefetchBelow == .milliseconds(7))
    }

    @Test func aWorkerOfNoQueueIsRefused() throws {
        let error = try #require(throws: SpoolError.self) { try read(#"{"queues": []}"#) }
        #expect(error.message.contains("\"queues\" names none"))
    }

    @Test func bothNamesAreOneTooMany() throws {
        let error = try #require(throws: SpoolError.self) {
            try read(#"{"brisk": "7ms", "prefetch_below": "7ms"}"#)
        }
        #expect(error.message.contains("\"brisk\": it is called prefetch_below now"))
    }
}

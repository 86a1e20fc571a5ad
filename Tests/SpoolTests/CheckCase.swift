import SpoolCheck
import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// How one kind of finding comes to be, and what repairing makes of it.
struct CheckCase: Sendable, CustomStringConvertible {
    let code: SpoolCheck.Finding.Code
    var isMended = true
    let damage: @Sendable (CheckFixture) throws -> Void
    /// Where the file lies that it is about, once it is repaired: what must be so then.
    var isSound: @Sendable (CheckFixture) throws -> Bool = { _ in true }

    var description: String { code.rawValue }

    private static let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    static let all: [CheckCase] = directories + files + records

    private static let directories: [CheckCase] = [
        CheckCase(code: .missingDirectory) {
            try $0.spool.storage.root.removeDirectory("blocked")
        } isSound: {
            $0.temporary.exists("blocked")
        },
        CheckCase(code: .notADirectory, isMended: false) {
            try $0.spool.storage.root.removeDirectory("keys")
            try $0.temporary.write("keys", "")
        },
        CheckCase(code: .notADirectory, isMended: false) {
            try $0.temporary.write("done/2001-02-03", "")
        },
        CheckCase(code: .notAQueue) {
            try $0.temporary.write("incoming/backup", "")
        } isSound: {
            try $0.temporary.names("dead-letter") == ["backup.json", "backup.json.reason"]
        },
        CheckCase(code: .notAQueue) {
            try $0.temporary.write("incoming/v1.5", #"{"command": "true"}"#)
        } isSound: {
            try $0.temporary.read("dead-letter/v1.5.json") == #"{"command": "true"}"#
        },
        CheckCase(code: .strangeName, isMended: false) {
            try $0.temporary.write("incoming/default", "a note")
        },
        CheckCase(code: .notAQueue) {
            try FileTree.check(mkfifo($0.temporary["incoming/backup"], 0o600), "mkfifo")
        } isSound: {
            try $0.temporary.names("incoming").isEmpty
        },
        CheckCase(code: .openMode) {
            try FileTree.check(chmod($0.temporary["held"], 0o777), "chmod")
        } isSound: {
            try $0.spool.storage.root.status(of: "held")?.mode == 0o700
        },
        CheckCase(code: .unknownName, isMended: false) { try $0.temporary.write("thesis", "") },
    ]

    private static let files: [CheckCase] = [
        CheckCase(code: .notAJob) {
            let id = try $0.held()
            try $0.temporary.write("held/5-\(id).json", "{\"comm")
        } isSound: {
            try $0.temporary.names("dead-letter").count == 2
                && $0.temporary.names("held").count == 1
        },
        CheckCase(code: .notAJob) {
            try $0.temporary.write("incoming/drop.json", "")
        } isSound: {
            try $0.temporary.names("dead-letter") == ["drop.json", "drop.json.reason"]
        },
        CheckCase(code: .wrongKind) {
            try FileTree.check(mkfifo($0.temporary["failed/\(id).json"], 0o600), "mkfifo")
        } isSound: {
            $0.temporary.exists("dead-letter/\(id).json")
        },
        CheckCase(code: .hardLinks) {
            let id = try $0.held()
            try FileTree.check(
                link($0.temporary["held/5-\(id).json"], $0.temporary.base + "/other"), "link")
        } isSound: {
            let name = try $0.temporary.names("held")[0]
            return try $0.spool.storage.root.status(of: "held/" + name)?.links == 1
        },
        CheckCase(code: .strangeName) {
            try $0.temporary.write("held/mine.json", "{}")
        } isSound: {
            $0.temporary.exists("dead-letter/mine.json.reason")
        },
        CheckCase(code: .strangeName, isMended: false) {
            try $0.temporary.write("incoming/notes.txt", "mine")
        } isSound: {
            try $0.temporary.read("incoming/notes.txt") == "mine"
        },
        CheckCase(code: .strangeName) {
            try FileTree.check(mkdir($0.temporary["incoming/backup"], 0o700), "mkdir")
            try $0.temporary.write("incoming/backup/job", #"{"command": "true"}"#)
        } isSound: {
            try $0.temporary.read("dead-letter/job.json") == #"{"command": "true"}"#
        },
        CheckCase(code: .strangeName) {
            try $0.temporary.write("incoming/my job.jsn", #"{"command": "true"}"#)
        } isSound: {
            try $0.temporary.names("incoming").isEmpty
        },
        CheckCase(code: .strayDirectory, isMended: false) {
            try FileTree.check(mkdir($0.temporary["done/old"], 0o700), "mkdir")
        },
        CheckCase(code: .misplaced) {
            let id = try $0.queued()
            try $0.temporary.rename("incoming/5-\(id).json", to: "scheduled/5-\(id).json")
        } isSound: {
            try Promote($0.spool.storage).timetable(limit: 9).first.count == 1
        },
        CheckCase(code: .misplaced) {
            let id = try $0.queued()
            try BootMarks($0.spool.storage).set()
            try $0.temporary.rename("incoming/5-\(id).json", to: "running/5-\(id).json")
        } isSound: {
            try $0.temporary.ids(in: .incoming).count == 1
        },
        CheckCase(code: .misplaced) {
            let id = try $0.ended(.completed)
            try $0.temporary.rename("done/\($0.today)/\(id).json", to: "done/\(id).json")
        } isSound: {
            try $0.temporary.names("done/\($0.today)").count == 1
        },
        CheckCase(code: .duplicateID) {
            let id = try $0.queued()
            try $0.temporary.copy("incoming/5-\(id).json", to: "held/5-\(id).json")
        } isSound: {
            try $0.temporary.names("incoming").count == 1
                && $0.temporary.names("dead-letter").count == 2
        },
        CheckCase(code: .waitingCopy) {
            let id = try $0.ended(.completed)
            try $0.temporary.copy(
                "done/\($0.today)/\(id).json", to: "incoming/5-\(id).json")
        } isSound: {
            // As when a worker claims it: it was put there to run once more.
            try $0.temporary.names("done/\($0.today)").count == 1
                && $0.temporary.ids(in: .incoming) != $0.temporary.ids(in: .done)
        },
        CheckCase(code: .waitingCopy) {
            let id = try $0.ended(.failed)
            try $0.temporary.copy("failed/\(id).json", to: "held/5-\(id).json")
        } isSound: {
            try $0.temporary.ids(in: .held).count == 2
                && !$0.temporary.ids(in: .held).contains($0.temporary.onlyID(in: .failed))
        },
        CheckCase(code: .waitingCopy) {
            let id = try $0.ended(.completed)
            try $0.temporary.copy(
                "done/\($0.today)/\(id).json", to: "scheduled/20990101T000000.000Z-5-\(id).json")
        } isSound: {
            let ids = try $0.temporary.ids(in: .scheduled)
            return try ids.count == 1 && ids != $0.temporary.ids(in: .done)
                && Promote($0.spool.storage).timetable(limit: 9).first.count == 1
        },
        CheckCase(code: .wrongID) {
            let id = try $0.ended(.failed)
            try $0.temporary.rename(
                "failed/\(id).json", to: "failed/\(CheckCase.id).json")
        } isSound: {
            try JobReader($0.spool.storage).read(
                try Listing($0.spool.storage).locations(in: [.failed])[0]
            ).attempts?.count == 1
        },
        CheckCase(code: .wrongDay) {
            let id = try $0.ended(.completed)
            try FileTree.check(mkdir($0.temporary["done/2001-02-03"], 0o700), "mkdir")
            try $0.temporary.rename(
                "done/\($0.today)/\(id).json", to: "done/2001-02-03/\(id).json")
        } isSound: {
            try $0.temporary.names("done/\($0.today)").count == 1
        },
        CheckCase(code: .openAttempt) {
            let id = try $0.dead()
            try $0.temporary.rename("running/\(id).1.json", to: "failed/\(id).json")
        } isSound: {
            let job = try JobReader($0.spool.storage).read(
                try Listing($0.spool.storage).locations(in: [.failed])[0])
            return job.attempts?.map(\.outcome) == [.interrupted]
        },
        CheckCase(code: .impossibleTime, isMended: false) {
            let id = try $0.held()
            let later = $0.clock.now + .seconds(86_400)
            try $0.rewrite("held/5-\(id).json") { $0.submittedAt = later }
        },
        CheckCase(code: .missingReason) {
            try $0.temporary.write("dead-letter/lost.json", "?")
        } isSound: {
            $0.temporary.exists("dead-letter/lost.json.reason")
        },
        CheckCase(code: .deadOwner) {
            _ = try $0.dead()
        } isSound: {
            try $0.temporary.ids(in: .failed).count == 1
        },
    ]

    private static let records: [CheckCase] = [
        CheckCase(code: .deadWorker) {
            try $0.temporary.write("workers/\(id).json", "{}")
        } isSound: {
            try $0.temporary.names("workers").isEmpty
        },
        CheckCase(code: .orphanSidecar) {
            try $0.temporary.write("running/\(id).1.cancel", "")
        } isSound: {
            try $0.temporary.names("running").isEmpty
        },
        CheckCase(code: .orphanReason) {
            try $0.temporary.write("dead-letter/gone.json.reason", "")
        } isSound: {
            try $0.temporary.names("dead-letter").isEmpty
        },
        CheckCase(code: .staleTemporary) {
            try $0.temporary.write("tmp/draft", "")
        } isSound: {
            try $0.temporary.names("tmp").isEmpty
        },
        CheckCase(code: .staleKey) {
            try $0.temporary.write("keys/k.json", "{}")
        } isSound: {
            try $0.temporary.names("keys").isEmpty
        },
        CheckCase(code: .staleKey) {
            let location = JobLocation.incoming(try #require(JobID(id)), queue: "q", .normal)
            let record = KeyRecord("k", location, file: "tmp/gone.json")
            try $0.temporary.write(
                "keys/k.json",
                String(decoding: try JSONText.encode(record, pretty: true), as: UTF8.self))
        } isSound: {
            try $0.temporary.names("keys").isEmpty
        },
        CheckCase(code: .strayFile, isMended: false) {
            try $0.temporary.write("keys/k", "")
        },
        CheckCase(code: .orphanLog, isMended: false) {
            let id = $0.spool.storage.ids.make(at: $0.clock.now)
            try FileTree.check(mkdir($0.temporary["logs/\($0.today)"], 0o700), "mkdir")
            try $0.temporary.write(JobLogs.path(of: id), "")
        },
        CheckCase(code: .strayFile, isMended: false) {
            try $0.temporary.write("history/notes.txt", "")
        },
        CheckCase(code: .tornHistory) {
            try $0.temporary.write("history/2001-02-03.ndjson", "{}")
        } isSound: {
            try $0.temporary.read("history/2001-02-03.ndjson") == "{}\n"
        },
        CheckCase(code: .badState, isMended: false) {
            try $0.temporary.write("state/scheduler.json", "")
        },
        CheckCase(code: .badState, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/crontabs"], 0o700), "mkdir")
            try $0.temporary.write("state/crontabs/crontab", "{\"file\":\"cro")
        },
        CheckCase(code: .strayFile, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/crontabs"], 0o700), "mkdir")
            try $0.temporary.write("state/crontabs/notes.previous", "@daily x\n")
        },
        CheckCase(code: .strayFile, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/crontabs"], 0o700), "mkdir")
            try $0.temporary.write("state/crontabs/crontab@first.previous", "@daily x\n")
        },
        CheckCase(code: .strayFile, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/crontabs"], 0o700), "mkdir")
            try FileTree.check(
                mkdir($0.temporary["state/crontabs/crontab.previous"], 0o700), "mkdir")
        },
        CheckCase(code: .badState, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/slots"], 0o700), "mkdir")
            try $0.temporary.write("state/slots/backup@20261121T073000.000Z.json", "")
        },
        CheckCase(code: .strayFile, isMended: false) {
            try FileTree.check(mkdir($0.temporary["state/slots"], 0o700), "mkdir")
            try $0.temporary.write("state/slots/notes.txt", "")
        },
    ]
}

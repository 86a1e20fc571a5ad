import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool
@testable import SpoolCheck

/// `SpoolCheck`: every kind of finding comes up where it should, is mended, and is gone.
struct CheckTests {
    @Test(arguments: CheckCase.all)
    func eachFindingIsSeenAndMended(_ test: CheckCase) throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let kept = try fixture.held("bystander")
            try test.damage(fixture)
            let before = try listing(fixture)
            let seen = try fixture.check()
            #expect(seen.map(\.code) == [test.code], "\(seen)")
            #expect(seen.allSatisfy { $0.mended == nil })
            #expect(try listing(fixture) == before, "a look changes nothing")

            let repaired = try fixture.check(isRepairing: true)
            let mended = repaired.filter { $0.mended != nil }
            let left = repaired.filter { $0.mended == nil }
            #expect(mended.contains { $0.code == test.code } == test.isMended, "\(repaired)")
            #expect(left.map(\.code) == (test.isMended ? [] : [test.code]), "\(repaired)")
            #expect(try test.isSound(fixture))
            let history = try fixture.temporary.history()
            if test.isMended {
                // A copy gets an id of its own as by a claim, or as by a command.
                let records =
                    test.code == .waitingCopy
                    ? [#""note":"a copy of "#]
                    : ["repair", "reject", "recover", "admit", "put-back"].map {
                        "\"verb\":\"\($0)\""
                    }
                #expect(records.contains { history.contains($0) }, "\(history)")
            }
            let again = try fixture.check(isRepairing: true)
            #expect(again.map(\.code) == (test.isMended ? [] : [test.code]), "\(again)")
            #expect(again.allSatisfy { $0.mended == nil })
            #expect(try Lookup(fixture.spool.storage).locate(kept).map(\.place) == [.held])
        }
    }

    /// Without tmp/ itself, where two files come and go.
    private func listing(_ fixture: CheckFixture) throws -> [String] {
        try FileTree.listing(fixture.temporary.path).filter { !$0.hasPrefix("tmp ") }
    }

    /// Those that need more than a directory to come up have tests of their own.
    static let elsewhere: Set<SpoolCheck.Finding.Code> = [
        .readOnly, .noSpace, .quota, .noLocks, .noExchange, .otherMount, .unwritable,
        .noProcesses, .foreignOwner, .unreadable, .badSettings, .badWorker,
    ]

    @Test func everyCodeHasACase() {
        let tested = Set(CheckCase.all.map(\.code))
        #expect(tested.union(CheckTests.elsewhere) == Set(SpoolCheck.Finding.Code.allCases))
        #expect(tested.isDisjoint(with: CheckTests.elsewhere))
    }

    /// It isn't taken away: it may stand for a decision.
    @Test(arguments: [
        "state/slots/a@20261121T073000.000Z.json", "state/reboot", "state/boot.somewhere",
    ])
    func aRecordThatIsNoFileIsSeen(_ path: String) throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            try FileTree.check(mkdir(fixture.temporary["state/slots"], 0o700), "mkdir")
            try FileTree.check(mkdir(fixture.temporary[path], 0o700), "mkdir")
            let findings = try fixture.check(isRepairing: true)
            #expect(findings.map(\.code) == [.unreadable], "\(findings)")
            #expect(findings.map(\.path) == [path])
        }
    }

    @Test func aSoundSpoolHasNoFindings() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            for index in 0..<3 {
                _ = try fixture.queued()
                _ = try fixture.held()
                _ = try fixture.scheduled()
                _ = try fixture.ended(.completed)
                _ = try fixture.ended(index == 0 ? .cancelled : .failed)
                _ = try fixture.ended(.failed, tries: 2)
            }
            try fixture.temporary.write("incoming/drop.json", "{\"command\": \"true\"}")
            try fixture.temporary.write("incoming/.draft.json", "{\"comm")
            try fixture.temporary.write("incoming/draft.json.tmp", "{\"comm")
            try fixture.temporary.write("incoming/whole.part", "{\"command\": \"true\"}")
            let running = try fixture.claimed(try fixture.queued())
            try fixture.begin(running)
            let findings = try fixture.check()
            #expect(findings.map(\.code) == [], "\(findings)")
            let repaired = try fixture.check(isRepairing: true)
            #expect(repaired.map(\.code) == [], "\(repaired)")
            #expect(try fixture.spool.storage.isThere(running.location.path), "it runs on")
        }
    }

    /// A dropped copy has its own id in its name, and the other job's in its content until it begins.
    @Test func aCopyThatWasAdmittedIsSound() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let ended = try fixture.ended(.completed)
            try fixture.temporary.copy(
                "done/\(fixture.today)/\(ended).json", to: "incoming/\(ended).json")
            let queued = try fixture.queued()
            try fixture.temporary.copy("incoming/5-\(queued).json", to: "incoming/again.json")
            for name in ["\(ended).json", "again.json"] {
                _ = try Admit(fixture.spool.storage).admit(name, queue: nil)
            }
            #expect(try fixture.temporary.ids(in: .incoming).count == 3)
            #expect(try fixture.check(isRepairing: true).map(\.code) == [])
            let again = try #require(
                try Listing(fixture.spool.storage).locations(in: [.incoming])
                    .first { ![ended, queued].contains($0.id) })
            #expect(try fixture.claimed(again.id).job.attempts == nil)
        }
    }

    /// A queue's directory may take the name of a file that was judged.
    @Test func whatHasTakenAJudgedNameIsNotTakenAway() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            try fixture.temporary.write("incoming/video", "")
            let root = fixture.spool.storage.root
            let judged = try #require(try root.status(of: "incoming/video")).identity
            // Its number isn't given to another file while it is there.
            try fixture.temporary.rename("incoming/video", to: "aside")
            try root.makeDirectory("incoming/video")
            let isRejected = try Reject(fixture.spool.storage).reject(
                "incoming/video", name: "video.json", reason: "in the way", judged: judged)
            #expect(!isRejected)
            #expect(try root.status(of: "incoming/video")?.kind == .directory)
            #expect(try fixture.temporary.names("dead-letter").isEmpty)
        }
    }

    /// A submission has made the queue's directory anew, before the one with jobs could be given back.
    @Test(arguments: [false, true])
    func aQueueThatWasMadeAnewGetsItsJobsBack(hasRivals: Bool) throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.queued()
            let root = fixture.spool.storage.root
            for directory in ["incoming/video", "dead-letter/video.json"] {
                try root.makeDirectory(directory)
            }
            let old = "dead-letter/video.json"
            try fixture.temporary.write(old + ".reason", "incoming/video: in the way\n")
            try fixture.temporary.write(old + "/nightly.json", #"{"command": "true"}"#)
            try fixture.temporary.rename("incoming/5-\(id).json", to: old + "/5-\(id).json")
            if hasRivals { try fixture.temporary.write("incoming/video/nightly.json", "{") }
            let judged = try #require(try root.status(of: "incoming")).identity
            func giveBack() throws -> Bool {
                try Reject(fixture.spool.storage).returnStranger(
                    old, to: "incoming/video", unless: judged)
            }
            if hasRivals {
                let error = #expect(throws: SpoolError.self) { try giveBack() }
                let message =
                    "dead-letter/video.json: it came to incoming/video in the place of a file that was taken away,"
                    + " and is no such file; incoming/video exists again, so move its files there, and remove it"
                #expect(error?.message == fixture.temporary.path + "/" + message)
                #expect(try fixture.temporary.read(old + ".reason") == message + "\n")
                #expect(try fixture.temporary.names(old) == ["nightly.json"])
            } else {
                #expect(try giveBack())
                #expect(try fixture.temporary.names("dead-letter").isEmpty)
            }
            #expect(
                try fixture.temporary.names("incoming/video") == [
                    "5-\(id).json", "nightly.json",
                ])
        }
    }

    /// A file that has come instead of the one that was judged stays where it is, and its reason says what to do.
    @Test func aFileWhoseNameIsTakenAgainIsTold() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            try fixture.temporary.write("dead-letter/mine.json", #"{"command": "true"}"#)
            try fixture.temporary.write("incoming/mine.json", #"{"command": "true"}"#)
            let root = fixture.spool.storage.root
            let judged = try #require(try root.status(of: "incoming")).identity
            #expect(throws: SpoolError.self) {
                try Reject(fixture.spool.storage).returnStranger(
                    "dead-letter/mine.json", to: "incoming/mine.json", unless: judged)
            }
            #expect(fixture.temporary.exists("dead-letter/mine.json"))
            let reason = try fixture.temporary.read("dead-letter/mine.json.reason")
            #expect(reason.hasSuffix("so give it another name, and move it back\n"))
        }
    }

    /// Killed before it has given a queue's directory back, a check leaves it in dead-letter/, with a reason. Its files
    /// are jobs, or were dropped.
    @Test(arguments: ["5-ID.json", "nightly.json"])
    func jobsInADirectoryInDeadLetterAreTold(_ name: String) throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.queued()
            try fixture.spool.storage.root.makeDirectory("dead-letter/video.json")
            try fixture.temporary.write("dead-letter/video.json.reason", "in the way\n")
            #expect(try fixture.check().map(\.code) == [])
            try fixture.temporary.rename(
                "incoming/5-\(id).json",
                to: "dead-letter/video.json/" + name.replacing("ID", with: id.description))
            let findings = try fixture.check(isRepairing: true)
            #expect(findings.map(\.code) == [.strayDirectory], "\(findings)")
            #expect(findings.map(\.path) == ["dead-letter/video.json"])
        }
    }

    @Test func whatIsBeingWrittenIsNotJudged() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.held()
            let path = fixture.temporary["held/5-\(id).json"]
            let file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
            #expect(try fixture.check().isEmpty)
            close(file)
            #expect(try fixture.check().map(\.code) == [.notAJob])
        }
    }

    @Test func aMendThatIsInTheWayOfSomebodyIsLeft() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.ended(.failed)
            let name = "failed/5-\(id).json"
            try fixture.temporary.rename("failed/\(id).json", to: name)
            let file = try fixture.spool.storage.root.open(name)
            #expect(try file.tryLock())
            #expect(try fixture.check(isRepairing: true).map(\.code) == [.misplaced])
            try file.unlock()
            #expect(
                try fixture.check(isRepairing: true).map(\.mended) == [
                    "renamed to failed/\(id).json"
                ])
        }
    }

    @Test func aWorkerThatDescribesItselfBadly() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            try fixture.temporary.write("workers/w.json", "{}")
            let file = try fixture.spool.storage.root.open("workers/w.json")
            #expect(try file.tryLock())
            #expect(try fixture.check(isRepairing: true).map(\.code) == [.badWorker])
            #expect(file.number >= 0)
            #expect(fixture.temporary.exists("workers/w.json"))
        }
    }

    /// Its slots aren't counted. It takes jobs all the same, so nobody starts another one.
    @Test(arguments: [Int.min, 0, 1, 1024, 1025, .max])
    func aWorkerWithAWildNumberOfSlots(_ slots: Int) throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let registry = WorkerRegistry(fixture.spool.storage)
            let registration = try registry.register(
                WorkerRecord(
                    id: "w", slots: slots, queues: nil, offers: [], isTransient: false,
                    startedAt: fixture.clock.now))
            let isPossible = (1...1024).contains(slots)
            let found = try fixture.check(isRepairing: true)
            #expect(found.map(\.code) == (isPossible ? [] : [.badWorker]))
            #expect(try registry.livingWorkers().map(\.slots) == (isPossible ? [slots] : []))
            #expect(try registry.survey().undescribed == (isPossible ? 0 : 1))
            #expect(try registry.hasWorker())
            registration.withdraw()
        }
    }

    /// The end of its run is on record in the file, which is one under both names.
    @Test func aHalfMoveOfARetriedJobIsNoCopyToRunAgain() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.ended(.failed)
            try FileTree.check(
                link(
                    fixture.temporary["failed/\(id).json"],
                    fixture.temporary["incoming/5-\(id).json"]), "link")
            let codes = try fixture.check().map(\.code)
            #expect(codes.contains(.duplicateID) && !codes.contains(.waitingCopy), "\(codes)")
        }
    }

    @Test func theFileFartherAlongIsTheTrueOne() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            let id = try fixture.queued()
            try FileTree.copy(
                fixture.temporary["incoming/5-\(id).json"], to: fixture.temporary.base + "/copy")
            let locked = try fixture.claimed(id)
            try fixture.begin(locked)
            try FileTree.copy(
                fixture.temporary.base + "/copy", to: fixture.temporary["scheduled/x"])
            try fixture.temporary.rename(
                "scheduled/x", to: JobLocation.scheduled(id, due: fixture.clock.now, .normal).path)
            let findings = try fixture.check(isRepairing: true)
            #expect(findings.map(\.code) == [.duplicateID], "\(findings)")
            #expect(
                try Lookup(fixture.spool.storage).locate(id) == [locked.location],
                "the running one stays")
            let parked = try fixture.temporary.onlyID(in: .deadLetter)
            let reason = try fixture.temporary.read("dead-letter/\(parked).json.reason")
            #expect(reason.contains(locked.location.path))
        }
    }

    @Test func aJobThatMovesOnIsNotSeenTwice() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            var ids: [JobID] = []
            for _ in 0..<20 { ids.append(try fixture.queued()) }
            // Each id is listed in incoming/, and once more where it has gone meanwhile.
            let context = CheckContext(fixture.spool, isRepairing: false, failures: [:])
            context.ids = JobIDs(ids + ids)
            for id in ids {
                try fixture.temporary.rename("incoming/5-\(id).json", to: "held/5-\(id).json")
            }
            var findings: [SpoolCheck.Finding] = []
            try DuplicateCheck(context).check { findings.append($0) }
            #expect(findings.isEmpty)
        }
    }

    @Test func whatCantBeReadIsAFindingAndStopsNothing() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            try fixture.temporary.write("thesis", "")
            // The file system's fault is made up; the areas are checked one by one all the same.
            let findings = try fixture.check(more: [BrokenArea.self, LastArea.self])
            #expect(findings.map(\.code) == [.unknownName, .unreadable, .strayFile])
            #expect(findings[1].path == "broken")
            #expect(findings[1].message.contains("Input/output error"))
        }
    }

    @Test func whoeverListensNoMoreEndsTheCheck() throws {
        try SpawnGate.quietly {
            let fixture = try CheckFixture()
            for name in ["a", "b"] { try fixture.temporary.write(name, "") }
            var count = 0
            #expect(throws: SpoolError.self) {
                try SpoolCheck(fixture.spool).run { _ throws(SpoolError) in
                    count += 1
                    throw SpoolError(.inputOutput, "nobody listens")
                }
            }
            #expect(count == 1)
        }
    }
}

/// An area that can't be read.
private struct BrokenArea: CheckArea {
    let name = "broken"

    init(_ context: CheckContext) {}

    func check(_ report: CheckReport) throws(SpoolError) {
        throw SpoolError(.inputOutput, "Input/output error")
    }
}

private struct LastArea: CheckArea {
    let name = "last"
    private let context: CheckContext

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        try context.found(Fault(.strayFile, "last", "seen"), report)
    }
}

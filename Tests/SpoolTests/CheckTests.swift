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
            let bed = try CheckBed()
            let kept = try bed.held("bystander")
            try test.damage(bed)
            let before = try listing(bed)
            let seen = try bed.check()
            #expect(seen.map(\.code) == [test.code], "\(seen)")
            #expect(seen.allSatisfy { $0.mended == nil })
            #expect(try listing(bed) == before, "a look changes nothing")

            let repaired = try bed.check(isRepairing: true)
            let mended = repaired.filter { $0.mended != nil }
            let left = repaired.filter { $0.mended == nil }
            #expect(mended.contains { $0.code == test.code } == test.isMended, "\(repaired)")
            #expect(left.map(\.code) == (test.isMended ? [] : [test.code]), "\(repaired)")
            #expect(try test.isSound(bed))
            let history = try bed.temporary.history()
            if test.isMended {
                let verbs = ["repair", "reject", "recover", "admit", "put-back"]
                #expect(verbs.contains { history.contains("\"verb\":\"\($0)\"") })
            }
            let again = try bed.check(isRepairing: true)
            #expect(again.map(\.code) == (test.isMended ? [] : [test.code]), "\(again)")
            #expect(again.allSatisfy { $0.mended == nil })
            #expect(try Lookup(bed.spool.storage).locate(kept).map(\.place) == [.held])
        }
    }

    /// Without tmp/ itself, where two files come and go.
    private func listing(_ bed: CheckBed) throws -> [String] {
        try FileTree.listing(bed.temporary.path).filter { !$0.hasPrefix("tmp ") }
    }

    /// Those that need more than a directory to come up have tests of their own.
    static let elsewhere: Set<Finding.Code> = [
        .readOnly, .noSpace, .quota, .noLocks, .noExchange, .otherMount, .unwritable,
        .noProcesses, .foreignOwner, .unreadable, .badSettings, .badWorker,
    ]

    @Test func everyCodeHasACase() {
        let tested = Set(CheckCase.all.map(\.code))
        #expect(tested.union(CheckTests.elsewhere) == Set(Finding.Code.allCases))
        #expect(tested.isDisjoint(with: CheckTests.elsewhere))
    }

    @Test func aSoundSpoolHasNoFindings() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            for index in 0..<3 {
                _ = try bed.queued()
                _ = try bed.held()
                _ = try bed.scheduled()
                _ = try bed.ended(.completed)
                _ = try bed.ended(index == 0 ? .cancelled : .failed)
                _ = try bed.ended(.failed, tries: 2)
            }
            try bed.temporary.write("incoming/drop.json", "{\"command\": \"true\"}")
            try bed.temporary.write("incoming/.draft.json", "{\"comm")
            try bed.temporary.write("incoming/notes.txt", "")
            let running = try bed.claimed(try bed.queued())
            try bed.begin(running)
            let findings = try bed.check()
            #expect(findings.map(\.code) == [], "\(findings)")
            let repaired = try bed.check(isRepairing: true)
            #expect(repaired.map(\.code) == [], "\(repaired)")
            #expect(try bed.spool.storage.exists(running.location), "it runs on")
        }
    }

    @Test func whatIsBeingWrittenIsNotJudged() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            let id = try bed.held()
            let path = bed.temporary["held/5-\(id).json"]
            let file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
            #expect(try bed.check().isEmpty)
            close(file)
            #expect(try bed.check().map(\.code) == [.notAJob])
        }
    }

    @Test func aMendThatIsInTheWayOfSomebodyIsLeft() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            let id = try bed.ended(.failed)
            let name = "failed/5-\(id).json"
            try bed.temporary.rename("failed/\(id).json", to: name)
            let file = try bed.spool.storage.root.open(name)
            #expect(try file.tryLock())
            #expect(try bed.check(isRepairing: true).map(\.code) == [.misplaced])
            try file.unlock()
            #expect(
                try bed.check(isRepairing: true).map(\.mended) == ["renamed to failed/\(id).json"])
        }
    }

    @Test func aWorkerThatDescribesItselfBadly() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            try bed.temporary.write("workers/w.json", "{}")
            let file = try bed.spool.storage.root.open("workers/w.json")
            #expect(try file.tryLock())
            #expect(try bed.check(isRepairing: true).map(\.code) == [.badWorker])
            #expect(file.number >= 0)
            #expect(bed.temporary.exists("workers/w.json"))
        }
    }

    @Test func theFileFartherAlongIsTheTrueOne() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            let id = try bed.queued()
            try FileTree.copy(
                bed.temporary["incoming/5-\(id).json"], to: bed.temporary.base + "/copy")
            let locked = try bed.claimed(id)
            try bed.begin(locked)
            try FileTree.copy(bed.temporary.base + "/copy", to: bed.temporary["scheduled/x"])
            try bed.temporary.rename(
                "scheduled/x", to: JobLocation.scheduled(id, due: bed.clock.now, .normal).path)
            let findings = try bed.check(isRepairing: true)
            #expect(findings.map(\.code) == [.duplicateID], "\(findings)")
            #expect(
                try Lookup(bed.spool.storage).locate(id) == [locked.location],
                "the running one stays")
            let parked = try bed.temporary.onlyID(in: .deadLetter)
            let reason = try bed.temporary.read("dead-letter/\(parked).json.reason")
            #expect(reason.contains(locked.location.path))
        }
    }

    @Test func aJobThatMovesOnIsNotSeenTwice() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            var ids: [JobID] = []
            for _ in 0..<20 { ids.append(try bed.queued()) }
            // Each id is listed in incoming/, and once more where it has gone meanwhile.
            let pass = CheckPass(bed.spool, isRepairing: false, failures: [:])
            pass.ids = (ids + ids).sorted()
            for id in ids {
                try bed.temporary.rename("incoming/5-\(id).json", to: "held/5-\(id).json")
            }
            var findings: [Finding] = []
            try pass.checkDuplicates { findings.append($0) }
            #expect(findings.isEmpty)
        }
    }

    @Test func whatCantBeReadIsAFindingAndStopsNothing() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            try bed.temporary.write("thesis", "")
            // The file system's fault is made up; the areas are checked one by one all the same.
            let broken = CheckArea("broken") { _, _ throws(SpoolError) in
                throw SpoolError(.inputOutput, "Input/output error")
            }
            let last = CheckArea("last") { pass, report throws(SpoolError) in
                try pass.found(Fault(.strayFile, "last", "seen"), report)
            }
            let findings = try bed.check(more: [broken, last])
            #expect(findings.map(\.code) == [.unknownName, .unreadable, .strayFile])
            #expect(findings[1].path == "broken")
            #expect(findings[1].message.contains("Input/output error"))
        }
    }

    @Test func whoeverListensNoMoreEndsTheCheck() throws {
        try SpawnGate.quietly {
            let bed = try CheckBed()
            for name in ["a", "b"] { try bed.temporary.write(name, "") }
            var count = 0
            #expect(throws: SpoolError.self) {
                try SpoolCheck(bed.spool).run { _ throws(SpoolError) in
                    count += 1
                    throw SpoolError(.inputOutput, "nobody listens")
                }
            }
            #expect(count == 1)
        }
    }
}

import SpoolCheck
import Glibc
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool

/// A spool that somebody has laid hands on, at random but repeatably: repaired, it has lost nothing, and is
/// sound.
struct CheckDamageTests {
    /// A spool with jobs in all states, each with a mark of its own in its content.
    private struct Victim {
        let fixture: CheckFixture
        var marks: [String] = []
        var random: SeededGenerator

        init(seed: UInt64) throws {
            fixture = try CheckFixture()
            random = SeededGenerator(seed: seed)
            for round in 0..<3 {
                func mark(_ kind: String) -> String {
                    let mark = "mark-\(kind)-\(round)."
                    marks.append(mark)
                    return mark
                }
                _ = try fixture.queued(mark("queued"))
                _ = try fixture.spool.submit(fixture.shape(mark("lane")) { $0.queue = "lane" })
                _ = try fixture.held(mark("held"))
                _ = try fixture.scheduled(mark("scheduled"))
                _ = try fixture.dead(mark("running"))
                _ = try fixture.claimed(try fixture.queued(mark("claimed")))
                _ = try fixture.ended(.completed, mark("done"))
                _ = try fixture.ended(.failed, mark("failed"))
                _ = try fixture.ended(.failed, mark("retrying"), tries: 2)
            }
        }

        private var directories: [String] {
            Place.allCases.map(\.directory) + ["incoming/lane", "done/\(fixture.today)"]
        }

        private mutating func anyFile() throws -> String? {
            for directory in directories.shuffled(using: &random) {
                let names = try fixture.temporary.names(directory).filter {
                    FileTree.isPlain(fixture.temporary[directory + "/" + $0])
                }
                if let name = names.randomElement(using: &random) { return directory + "/" + name }
            }
            return nil
        }

        /// Does one thing by hand that nobody should do.
        mutating func damage() throws -> String {
            guard let file = try anyFile() else { return "nothing left" }
            let name = String(file.split(separator: "/").last ?? "")
            let directory = directories.randomElement(using: &random) ?? "held"
            let target = directory + "/" + name
            let path = fixture.temporary[file]
            switch Int.random(in: 0..<11, using: &random) {
            case 0, 1, 2:
                // As `mv -n` does it.
                if !fixture.temporary.exists(target) {
                    try fixture.temporary.rename(file, to: target)
                }
                return "mv \(file) \(target)"
            case 3, 4:
                if !fixture.temporary.exists(target) {
                    try fixture.temporary.copy(file, to: target)
                }
                return "cp \(file) \(target)"
            case 5:
                let size = try FileTree.read(path).count
                let length = Int.random(in: 0...size, using: &random)
                try FileTree.check(truncate(path, off_t(length)), "truncate")
                return "truncate -s \(length) \(file)"
            case 6:
                try fixture.temporary.remove(file)
                return "rm \(file)"
            case 7:
                try FileTree.check(chmod(fixture.temporary[directory], 0o777), "chmod")
                return "chmod 777 \(directory)"
            case 8:
                let bytes = random.bytes(Int.random(in: 0..<200, using: &random))
                try FileTree.write(path, bytes)
                return "garbage in \(file)"
            case 9:
                let new = "\(directory)/\(["x", "5-x", "note"].randomElement(using: &random) ?? "")"
                let endings = [".json", ".txt", ".1.cancel"]
                let other = new + (endings.randomElement(using: &random) ?? "")
                try FileTree.write(fixture.temporary[other], random.bytes(20))
                return "garbage as \(other)"
            default:
                if !fixture.temporary.exists(target) {
                    try FileTree.check(link(path, fixture.temporary[target]), "link")
                }
                return "ln \(file) \(target)"
            }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func repairingLosesNothingAndLeavesASoundSpool(seed: UInt64) throws {
        try SpawnGate.quietly {
            var victim = try Victim(seed: seed)
            var story: [String] = []
            for _ in 0..<25 { story.append(try victim.damage()) }
            let fixture = victim.fixture
            var before: [String: ClosedRange<Int>] = [:]
            for mark in victim.marks { before[mark] = try fixture.bounds(of: mark) }

            // Cut off after some mends, it goes on where it was.
            var mendsLeft = Int(seed % 4) * 3
            if mendsLeft > 0 {
                do throws(SpoolError) {
                    try SpoolCheck(fixture.spool).run(isRepairing: true) {
                        finding throws(SpoolError) in
                        mendsLeft -= 1
                        if mendsLeft == 0 { throw SpoolError(.busy, "enough") }
                    }
                } catch {
                    #expect(error.code == .busy)
                }
            }
            let findings = try fixture.check(isRepairing: true)
            let told = Comment(rawValue: story.joined(separator: "\n"))
            for mark in victim.marks {
                let bounds = try #require(before[mark])
                #expect(bounds.contains(try fixture.count(of: mark)), "\(mark)\n\(told)")
            }
            #expect(findings.contains { $0.mended != nil } || seed % 4 != 0, "\(told)")
            let left = try findings.filter { finding in
                if finding.mended != nil || finding.severity == .note { return false }
                // A note, or what a writer isn't done with: it is told of, and left alone.
                guard finding.code == .strangeName, finding.path.hasPrefix("incoming/") else {
                    return true
                }
                let text = try fixture.temporary.read(finding.path)
                return (try? Job(json: Array(text.utf8))) != nil
            }
            #expect(left.isEmpty, "\(left)\n\(told)")
            // Each id once, and each file in its form.
            let locations = try Listing(fixture.spool.storage).locations()
            let doubled = Dictionary(grouping: locations, by: \.id).filter { $0.value.count > 1 }
            #expect(
                doubled.values.allSatisfy { $0.contains { !$0.name.fits($0.place) } },
                "\(doubled)\n\(told)")
            let again = try fixture.check(isRepairing: true)
            #expect(again.filter { $0.mended != nil }.isEmpty, "idempotent: \(again)\n\(told)")
        }
    }
}

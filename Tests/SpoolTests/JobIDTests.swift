import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Ids and the names that are made of them.
struct JobIDTests {
    @Test func everyIDComesBackFromItsText() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let id = JobID(
                milliseconds: UInt64.random(in: 0..<253_402_300_800_000, using: &random),
                random: (UInt16.random(in: 0...UInt16.max, using: &random), random.next()))
            #expect(JobID(id.description) == id)
            #expect(JobID(id.description.lowercased()) == id)
            #expect(id.description.utf8.count == 26)
        }
    }

    @Test func theTextSortsAsTheIDs() {
        var random = SeededGenerator(seed: 2)
        let ids = (0..<1000).map { _ in
            JobID(
                milliseconds: UInt64.random(in: 0..<50, using: &random),
                random: (UInt16.random(in: 0...3, using: &random), random.next()))
        }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }

    @Test(arguments: [
        "", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL", "01ARZ3NDEKTSV4RRFFQ69G5FAO",
        "01ARZ3NDEKTSV4RRFFQ69G5FAU", " 1ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FÄ",
        "01ARZ3NDEKTSV4RRFFQ69G5FA-",
    ])
    func refusesBadText(text: String) {
        #expect(JobID(text) == nil)
    }

    @Test func readsTheExampleOfTheSpecification() throws {
        let id = try #require(JobID("01ARYZ6S41TSV4RRFFQ69G5FAV"))
        #expect(id.milliseconds == 1_469_918_176_385)
    }

    @Test func theSuccessorCarriesAndOverflows() throws {
        let id = JobID(milliseconds: 5, random: (7, .max))
        #expect(id.successor == JobID(milliseconds: 5, random: (8, 0)))
        #expect(JobID(milliseconds: 5, random: (.max, .max)).successor == nil)
        #expect(id.successor.map { $0 > id } == true)
    }

    @Test func aGeneratorNeverGoesBackWithinASecond() {
        let generator = JobIDGenerator()
        var last = generator.make(at: Instant(milliseconds: 10_000))
        for time in [10_000, 10_000, 9_500, 10_001, 9_999, 10_500, 9_600] as [Int64] {
            let next = generator.make(at: Instant(milliseconds: time))
            #expect(next > last)
            last = next
        }
        // A file that was dropped long ago gets an id of that time.
        #expect(generator.make(at: Instant(milliseconds: 500)).milliseconds == 500)
    }

    @Test func aGeneratorAtTheEndOfItsRandomPart() {
        let generator = JobIDGenerator(random: { (.max, .max) })
        let time = Instant(milliseconds: 1000)
        let first = generator.make(at: time)
        #expect(generator.make(at: time) == first, "nothing greater is left in this millisecond")
    }

    // MARK: File names

    private static let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

    @Test(arguments: [
        "\(id).json", "5-\(id).json", "0-\(id).json", "\(id).1.json", "\(id).999999.json",
        "20261121T073000.000Z-5-\(id).json", "20261121T073000.123Z-9-\(id).json",
    ])
    func readsEveryFormAndWritesItAgain(text: String) throws {
        #expect(try #require(JobFileName(text)).text == text)
    }

    @Test(arguments: [
        "", ".json", "\(id)", "\(id).JSON", "\(id).json.json", "\(id.lowercased()).json",
        "55-\(id).json", "a-\(id).json", "-\(id).json", "5-\(id).json~", "5--\(id).json",
        "\(id).0.json", "\(id).01.json", "\(id)..json", "\(id).-1.json", "\(id).+1.json",
        "\(id).1000000000.json", "\(id).1.2.json", "20261321T073000.000Z-5-\(id).json",
        "20261121T073000.000-5-\(id).json", "20261121T073000Z-5-\(id).json",
        "20261121t073000.000z-5-\(id).json", "20261121T073060.000Z-5-\(id).json", " 5-\(id).json",
        "5-\(id).json\n", "5-\(id) .json",
    ])
    func refusesEveryOtherSpelling(text: String) {
        #expect(JobFileName(text) == nil)
    }

    @Test func everyMutationIsRefusedOrCanonical() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("0123456789ABZaz.-TZ jsonIU".utf8)
        for _ in 0..<20_000 {
            var text = Array("20261121T073000.000Z-5-\(JobIDTests.id).1.json".utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                if Bool.random(using: &random) {
                    text[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                } else {
                    text.removeSubrange(index..<min(text.count, index + Int(random.next() % 24)))
                }
            }
            let mutated = String(decoding: text, as: UTF8.self)
            if let name = JobFileName(mutated) { #expect(name.text == mutated) }
        }
    }
}

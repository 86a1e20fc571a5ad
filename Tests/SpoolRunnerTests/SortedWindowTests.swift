import Spool
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// The first of many, against an array of all.
struct SortedWindowTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func isTheBeginningOfEverything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...40, using: &random)
        var window = SortedWindow<Int>(capacity: capacity)
        var all: Set<Int> = []
        window.refill([], isComplete: true)
        for _ in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let element = Int.random(in: 0..<500, using: &random)
                all.insert(element)
                window.insert(element)
            case 5..<8:
                guard let first = window.first else { break }
                #expect(first == all.min())
                all.remove(first)
                window.removeFirst()
            case 8:
                guard let element = all.randomElement(using: &random) else { break }
                all.remove(element)
                window.remove(element)
            default:
                window.remove(Int.random(in: 500..<600, using: &random))
            }
            if window.isEmpty && !window.isComplete {
                let sorted = all.sorted()
                window.refill(
                    Array(sorted.prefix(capacity)), isComplete: sorted.count <= capacity)
            }
            let sorted = all.sorted()
            #expect(window.elements.elementsEqual(sorted.prefix(window.count)))
            #expect(window.count <= capacity)
            #expect(!window.isComplete || window.count == all.count)
            #expect(window.isEmpty == (window.count == 0))
        }
    }

    @Test func smallestElements() {
        var random = SeededGenerator(seed: 99)
        for limit in [1, 2, 7, 100] {
            for count in [0, 1, limit, limit + 1, 500] {
                var names = SmallestElements<String>(limit: limit)
                let all = (0..<count).map { _ in String(random.next(), radix: 36) }
                for name in all { names.insert(name) }
                #expect(names.sorted() == Array(all.sorted().prefix(limit)))
                #expect(names.hasDropped == (count > limit))
            }
        }
    }

    @Test func waitingJobsAreOrderedByRankThenIDThenQueue() throws {
        var random = SeededGenerator(seed: 7)
        let ids = JobIDGenerator()
        let locations = (0..<200).map { _ -> JobLocation in
            let queues = [Job.defaultQueue, "a", "b"]
            return .incoming(
                ids.make(at: .init(milliseconds: 5)),
                queue: queues[Int.random(in: 0..<3, using: &random)],
                Job.Priority(rank: Int.random(in: 0...9, using: &random)) ?? .normal)
        }
        let jobs = locations.compactMap { WaitingJob($0) }
        #expect(jobs.map(\.location) == locations)
        let keys = locations.map { ($0.name.text, $0.subdirectory ?? "", $0) }
        #expect(
            keys.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2) == jobs.sorted().map(\.location))
    }
}

import SpoolTime

/// Entries by when they are due next: a binary heap.
struct DueQueue {
    private var heap: [(due: Instant, entry: Int)] = []

    init() {}

    /// In one go, in time proportional to their number.
    init(_ all: [(due: Instant, entry: Int)]) {
        heap = all
        heap.makeHeap(DueQueue.isBefore)
    }

    /// When the next entry is due.
    var first: Instant? { heap.first?.due }

    mutating func insert(_ entry: Int, due: Instant) {
        heap.insertIntoHeap((due, entry), DueQueue.isBefore)
    }

    /// Takes the first entry out, if it is due by then.
    mutating func pop(by now: Instant) -> Int? {
        guard let top = heap.first, top.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            heap.siftDown(from: 0, DueQueue.isBefore)
        }
        return top.entry
    }

    /// Entries that are due at the same time come in the order of the files.
    private static func isBefore(
        _ left: (due: Instant, entry: Int), _ right: (due: Instant, entry: Int)
    ) -> Bool {
        (left.due, left.entry) < (right.due, right.entry)
    }
}

import SpoolTime

/// Entries by when they are due next: a binary heap.
struct DueQueue {
    private var heap: [(due: Instant, entry: Int)] = []

    init() {}

    /// In one go, in time proportional to their number.
    init(_ all: [(due: Instant, entry: Int)]) {
        heap = all
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(parent) }
    }

    /// When the next entry is due.
    var first: Instant? { heap.first?.due }

    mutating func insert(_ entry: Int, due: Instant) {
        heap.append((due, entry))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard DueQueue.isBefore(heap[child], heap[parent]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the first entry out, if it is due by then.
    mutating func pop(by now: Instant) -> Int? {
        guard let top = heap.first, top.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return top.entry
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && DueQueue.isBefore(heap[child], heap[least]) {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Entries that are due at the same time come in the order of the files.
    private static func isBefore(
        _ left: (due: Instant, entry: Int), _ right: (due: Instant, entry: Int)
    ) -> Bool {
        (left.due, left.entry) < (right.due, right.entry)
    }
}

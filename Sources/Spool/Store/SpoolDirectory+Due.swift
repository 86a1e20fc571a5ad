import SpoolSchedule
import SpoolSystem

extension SpoolDirectory {
    /// The jobs in scheduled/ with their times, soonest first.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: also whether there are more.
    package func timetable(
        limit: Int
    ) throws(SpoolError) -> (first: [JobLocation], hasMore: Bool) {
        var names = BoundedNames(limit: limit)
        try onPath(path + "/scheduled", "getdents64") { () throws(Errno) in
            try root.forEachEntry(in: "scheduled") { entry in
                // Names begin with the time, so the order of the text is the order of time.
                if JobFileName(entry.name)?.fits(.scheduled) == true { names.insert(entry.name) }
            }
        }
        let first = names.sorted.compactMap { JobFileName($0) }.map {
            JobLocation(.scheduled, $0)
        }
        return (first, names.hasDropped)
    }

    /// Brings a scheduled job to incoming/: its time has come.
    ///
    /// - Returns: where it lies now; nil when somebody else was quicker.
    package func promote(_ location: JobLocation) throws(SpoolError) -> JobLocation? {
        guard case .locked(let locked, _) = try acquire(location) else { return nil }
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        return try move(locked, to: target, .due, sync: .off) == .moved ? target : nil
    }
}

/// The smallest names of a directory of any size, in bounded memory.
package struct BoundedNames: Sendable {
    private let limit: Int
    /// A heap with the largest name at the top.
    private var heap: [String] = []
    /// Whether there were more than `limit`.
    package private(set) var hasDropped = false

    package init(limit: Int) {
        self.limit = limit
    }

    package var sorted: [String] { heap.sorted() }

    package mutating func insert(_ name: String) {
        if heap.count < limit {
            heap.append(name)
            siftUp()
        } else {
            hasDropped = true
            guard let top = heap.first, name < top else { return }
            heap[0] = name
            siftDown()
        }
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent] < heap[child] else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[largest] < heap[child] {
                largest = child
            }
            if largest == parent { return }
            heap.swapAt(parent, largest)
            parent = largest
        }
    }
}

extension RandomAccessCollection where Index == Int {
    /// Binary search: where the first part of a collection ends.
    ///
    /// - Parameter isBefore: holds for the elements of the first part, and for none after it.
    @inlinable
    package func partitionIndex(_ isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Array {
    /// Makes a binary heap of elements in any order: no parent comes after its children.
    @inlinable
    package mutating func makeHeap(_ isBefore: (Element, Element) -> Bool) {
        for parent in stride(from: count / 2 - 1, through: 0, by: -1) {
            siftDown(from: parent, isBefore)
        }
    }

    /// Restores a heap in which one element may come after its children.
    @inlinable
    package mutating func siftDown(from start: Int, _ isBefore: (Element, Element) -> Bool) {
        var parent = start
        while true {
            var first = parent
            for child in (2 * parent + 1)..<(2 * parent + 3)
            where child < count && isBefore(self[child], self[first]) {
                first = child
            }
            if first == parent { return }
            swapAt(parent, first)
            parent = first
        }
    }

    /// Adds an element to a heap.
    @inlinable
    package mutating func insertIntoHeap(
        _ element: Element, _ isBefore: (Element, Element) -> Bool
    ) {
        append(element)
        var child = count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(self[child], self[parent]) else { return }
            swapAt(parent, child)
            child = parent
        }
    }
}

/// The smallest elements of a sequence of any length, in bounded memory.
package struct SmallestElements<Element: Comparable> {
    private let limit: Int
    /// A heap with the largest element at the top, once it is full; in no order before.
    private var elements: [Element] = []
    /// Whether there were more than `limit`.
    package private(set) var hasDropped = false

    package init(limit: Int) {
        self.limit = limit
    }

    package mutating func insert(_ element: Element) {
        if elements.count < limit {
            elements.append(element)
            return
        }
        if !hasDropped {
            hasDropped = true
            for parent in stride(from: limit / 2 - 1, through: 0, by: -1) { siftDown(from: parent) }
        }
        guard let top = elements.first, element < top else { return }
        elements[0] = element
        siftDown(from: 0)
    }

    package consuming func sorted() -> [Element] {
        elements.sort()
        return elements
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var largest = parent
            for child in (2 * parent + 1)..<(2 * parent + 3)
            where child < elements.count && elements[largest] < elements[child] {
                largest = child
            }
            if largest == parent { return }
            elements.swapAt(parent, largest)
            parent = largest
        }
    }
}

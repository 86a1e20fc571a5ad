import SpoolTime

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
            elements.makeHeap(>)
        }
        guard let top = elements.first, element < top else { return }
        elements[0] = element
        elements.siftDown(from: 0, >)
    }

    package consuming func sorted() -> [Element] {
        elements.sort()
        return elements
    }
}

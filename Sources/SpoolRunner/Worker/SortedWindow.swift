import SpoolTime

/// The first elements of a set that is too large to be held: sorted, bounded, and aware of whether there
/// is more behind its end.
///
/// Elements are taken at the front, and added at the end or, the urgent ones, near the front. All of that is cheap, as
/// there is room before the front too.
struct SortedWindow<Element: Comparable> {
    private let capacity: Int
    private var items: [Element] = []
    private var head = 0
    /// Whether everything there is stands in the window: otherwise look again when it runs dry.
    private(set) var isComplete = false

    init(capacity: Int) {
        self.capacity = capacity
    }

    var first: Element? { head < items.count ? items[head] : nil }
    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }
    var elements: ArraySlice<Element> { items[head...] }

    func contains(_ element: Element) -> Bool {
        let position = self.position(of: element)
        return position < items.count && items[position] == element
    }

    /// Starts anew with the first elements of everything there is.
    mutating func refill(_ sorted: [Element], isComplete: Bool) {
        items = sorted
        head = 0
        self.isComplete = isComplete
    }

    /// Something may have been missed.
    mutating func markIncomplete() { isComplete = false }

    /// Adds an element, unless it lies behind the end of an incomplete window, where it will be found later.
    mutating func insert(_ element: Element) {
        let position = self.position(of: element)
        if position < items.count, items[position] == element { return }
        if position == items.count && !isComplete { return }
        if position - head < items.count - position {
            if head == 0 { makeRoomInFront(with: element) }
            insertShiftingFront(element, at: self.position(of: element))
        } else {
            items.insert(element, at: position)
        }
        if count > capacity {
            items.removeLast()
            isComplete = false
        }
    }

    mutating func removeFirst() {
        head += 1
        // The room of what was taken is given back now and then, not each time.
        if head > 512 && head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
    }

    mutating func remove(_ element: Element) {
        let position = self.position(of: element)
        guard position < items.count, items[position] == element else { return }
        if position - head < items.count - position {
            for index in stride(from: position, to: head, by: -1) { items.swapAt(index, index - 1) }
            removeFirst()
        } else {
            items.remove(at: position)
        }
    }

    /// - Parameter filler: any element.
    private mutating func makeRoomInFront(with filler: Element) {
        let room = 64 + count / 8
        items.insert(contentsOf: repeatElement(filler, count: room), at: 0)
        head = room
    }

    private mutating func insertShiftingFront(_ element: Element, at position: Int) {
        head -= 1
        for index in head..<(position - 1) { items.swapAt(index, index + 1) }
        items[position - 1] = element
    }

    private func position(of element: Element) -> Int {
        // Most elements are new ones, that belong at the end.
        if let last = items.last, head < items.count, last < element { return items.count }
        return elements.partitionIndex { $0 < element }
    }
}

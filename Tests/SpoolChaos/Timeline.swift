/// Things to do at times of the monotonic clock.
final class Timeline {
    private var entries: [(time: Int64, action: () -> Void)] = []

    func at(_ time: Int64, _ action: @escaping () -> Void) {
        let index = entries.firstIndex { $0.time > time } ?? entries.endIndex
        entries.insert((time, action), at: index)
    }

    func run(until now: Int64) {
        while let first = entries.first, first.time <= now {
            entries.removeFirst()
            first.action()
        }
    }

    var isEmpty: Bool { entries.isEmpty }
}

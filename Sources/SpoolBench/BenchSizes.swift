/// How much of everything.
struct BenchSizes {
    /// Processes that are started in one turn, if that is what is measured.
    let starts: Int
    let bulk: Int
    let drain: Int
    /// For those that are slow, or can't hold more.
    let smallDrain: Int
    let dispatches: Int
    let outputBytes: Int
    let turnovers: Int
    let waiting: [Int]
    /// Jobs that one command is given.
    let many: [Int]
    /// At most so many of them are run: with a million, more than a worker finds in one look.
    let backlogDrain: Int
    let idleSeconds: Int
    let entries: Int
    /// Of each of the ten entries that are due every second.
    let slots: Int
}

extension BenchSizes {
    init(_ options: BenchOptions) {
        self =
            options.isQuick
            ? BenchSizes(
                starts: 5, bulk: 200, drain: 40, smallDrain: 20, dispatches: 5,
                outputBytes: 1 << 24, turnovers: 100, waiting: [0, 1000], many: [100],
                backlogDrain: 40, idleSeconds: 1, entries: 1000, slots: 1)
            : BenchSizes(
                starts: 40, bulk: 5000, drain: 5000, smallDrain: 400, dispatches: 50,
                outputBytes: 1 << 28, turnovers: 5000,
                waiting: [0, 1000, 100_000] + (options.isHuge ? [1_000_000] : []),
                many: [20_000] + (options.isHuge ? [100_000] : []),
                backlogDrain: options.isHuge ? 70_000 : 10_000, idleSeconds: 10,
                entries: 100_000, slots: 5)
    }
}

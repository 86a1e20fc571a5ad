import SpoolSystem

/// The files of a series that have failed without a reminder since all were listed last. Times are readings of the
/// monotonic clock in nanoseconds.
struct PassedOver {
    private(set) var count: Int64 = 0
    /// Whether something that was in the way has gone, so that all are tried now.
    var isUrgent = false
    /// When the first of them failed.
    private var begin: Int64 = 0
    /// When all were listed.
    private var listing: Int64 = .min
    /// How often in a row some were left when all had been listed.
    private var rounds = 0

    /// How long they wait, for each of them. A try takes a small part of it.
    private static let delayForEach: Int64 = 1_000_000
    /// A list of the directory takes a small part of it, too, if many good files lie there.
    private static let delay = ExponentialDelay(shortest: 1_000_000_000, longest: longestPause)
    /// The longest wait for a list, but for the part of each file. A rescan lists them again after so long.
    static let longestPause: Int64 = 60_000_000_000
    private static let longestDelay: Int64 = 600_000_000_000

    /// When they are tried again.
    var end: Int64 {
        begin
            + min(
                PassedOver.delay.after(rounds) + count * PassedOver.delayForEach,
                PassedOver.longestDelay)
    }

    mutating func add(at now: Int64) {
        if count == 0 {
            rounds = isPast(at: now) ? 0 : rounds + 1
            begin = now
        }
        count += 1
    }

    mutating func beginAnew(at now: Int64) {
        count = 0
        isUrgent = false
        listing = now
    }

    /// Whether all were listed longer ago than the longest pause.
    func isPast(at now: Int64) -> Bool { listing < now - PassedOver.longestPause }
}

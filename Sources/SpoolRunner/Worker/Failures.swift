import Spool
import SpoolSystem

/// The failures of a worker: it tells people, once, and has the work tried again.
final class Failures {
    private let path: String
    private let report: (String) -> Void
    private let reminders: Reminders
    private var troubles = Troubles<Doing>()
    private var backOffs: [Series: BackOff] = [:]

    /// - Parameters:
    ///   - path: of the spool.
    ///   - report: tells people what goes on.
    init(_ path: String, _ reminders: Reminders, report: @escaping (String) -> Void) {
        self.path = path
        self.reminders = reminders
        self.report = report
    }

    /// Tells people about something that failed, unless they have been told, and goes on.
    ///
    /// - Parameter reminder: what to look at again soon then, as nothing will report that it can be done now.
    func attempt(
        _ doing: Doing, again reminder: Reminder? = nil, _ body: () throws(SpoolError) -> Void
    ) {
        do throws(SpoolError) {
            try body()
            overcome(doing)
        } catch {
            note(error, of: doing)
            if let reminder { reminders.add(reminder, isFailure: true) }
        }
    }

    func note(_ error: SpoolError, of doing: Doing) {
        let now = Clock.monotonic()
        if troubles.fail(doing, for: doing.group, error, at: now) { report(error.message) }
    }

    /// As for what fails without a path of its own.
    func note(_ errno: Errno, _ call: String, of doing: Doing, advice: String? = nil) {
        note(SpoolError(errno, call, path, advice: advice), of: doing)
    }

    func overcome(_ doing: Doing) {
        if troubles.isEmpty { return }
        if let text = troubles.overcome(doing, at: Clock.monotonic()) { report(text) }
    }

    /// It isn't there any more.
    func forget(_ doing: Doing) {
        if !troubles.isEmpty { troubles.forget(doing) }
    }

    func has(_ doing: Doing) -> Bool { troubles.has(doing) }

    /// - Returns: since when something of a kind has failed over and over; nil where nothing does.
    func since(_ isMeant: (Doing) -> Bool) -> Int64? { troubles.since(isMeant) }

    // MARK: Back-off

    /// Something in a series has failed. It is tried again later by itself, and the others wait a while where they would
    /// fail too.
    func backOff(_ series: Series, concernsAll: Bool) {
        guard backOffs[series, default: BackOff()].fail(concernsAll: concernsAll) else { return }
        reminders.set(.backOff(series), at: backOffs[series]?.end)
    }

    func isBackingOff(_ series: Series) -> Bool { backOffs[series]?.isOn ?? false }

    var isClaimingBackedOff: Bool {
        !backOffs.isEmpty && (isBackingOff(.claiming) || isBackingOff(.starting))
    }

    /// Whether something in a series has failed, and nothing has gone well in it since.
    func hasFailed(_ series: Series) -> Bool { backOffs[series] != nil }

    /// When a series goes on; nil: it isn't held up.
    func backOffEnd(of series: Series) -> Int64? { backOffs[series]?.end }

    func noteSuccess(in series: Series) {
        guard !backOffs.isEmpty, backOffs.removeValue(forKey: series) != nil else { return }
        // Files that were passed over meanwhile are looked at now.
        if reminders.contains(.backOff(series)) {
            reminders.set(.backOff(series), at: Clock.monotonic())
        }
    }

    /// A runner's job has ended, and with it what it took: a process, memory, descriptors, perhaps room on the disk.
    /// Jobs that wait for these need not wait longer.
    func claimAgainNow() {
        for series in [Series.claiming, .starting] where backOffs[series] != nil {
            backOffs[series]?.wake()
            reminders.set(.backOff(series), at: nil)
        }
    }
}

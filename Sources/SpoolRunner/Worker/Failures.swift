import Spool
import SpoolSystem

/// The failures of a worker: it tells people, once, and has the work tried again.
final class Failures {
    private let path: String
    private let reminders: Reminders
    private var troubles: ToldTroubles<Doing>
    private var backOffs: [Series: BackOff] = [:]
    private var passedOver: [Series: PassedOver] = [:]
    /// When the files of all series were last listed again, by the monotonic clock.
    private var lastBegin: Int64 = -1 << 62

    /// - Parameters:
    ///   - path: of the spool.
    ///   - report: tells people what goes on.
    init(_ path: String, _ reminders: Reminders, report: @escaping (String) -> Void) {
        self.path = path
        self.reminders = reminders
        troubles = ToldTroubles(Clock.monotonic, report: report)
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
        troubles.fail(doing, for: doing.group, error)
    }

    /// As for what fails without a path of its own.
    func note(_ errno: Errno, _ call: String, of doing: Doing, advice: String? = nil) {
        note(SpoolError(errno, call, path, advice: advice), of: doing)
    }

    func overcome(_ doing: Doing) {
        if troubles.isEmpty { return }
        if !passedOver.isEmpty, case .file(let reminder) = doing, let series = reminder.series,
            isPassingOver(series), troubles.has(doing)
        {
            // The obstacle that is gone may have been in the way of the others, too.
            passedOver[series]?.isUrgent = true
            reminders.set(.passedOver(series), at: Clock.monotonic())
        }
        troubles.overcome(doing)
    }

    /// It isn't there any more.
    func forget(_ doing: Doing) {
        if !troubles.isEmpty { troubles.forget(doing) }
    }

    func has(_ doing: Doing) -> Bool { troubles.has(doing) }

    /// - Returns: since when something of a kind has failed over and over; nil where nothing does.
    func since(_ isMeant: (Doing) -> Bool) -> Int64? { troubles.since(isMeant) }

    // MARK: Back-off

    /// One file of a series has failed. It is tried again by itself, and the others go on, unless they would fail too.
    ///
    /// A million files may fail. They take the memory of a thousand, and a small part of the time.
    ///
    /// - Returns: its fate. If all wait, it has no reminder.
    func failed(_ reminder: Reminder, in series: Series, _ error: SpoolError) -> Series.Fate {
        if error.concernsAll {
            note(error, of: .file(reminder))
            backOff(series)
            return .paused
        }
        if reminders.hasRoom || reminders.contains(reminder) {
            note(error, of: .file(reminder))
            reminders.add(reminder, isFailure: true)
            return .remembered
        }
        note(error, of: .file(.passedOver(series)))
        forget(.file(reminder))
        passedOver[series, default: PassedOver()].add(at: Clock.monotonic())
        if let others = passedOver[series], !others.isUrgent {
            reminders.set(.passedOver(series), at: others.end)
        }
        return .passedOver
    }

    /// Whether files of a series have failed that are tried again only when all are.
    func isPassingOver(_ series: Series) -> Bool {
        passedOver[series].map { $0.count > 0 } ?? false
    }

    /// All files of a series are listed again, also those that were passed over.
    func beginAnew(_ series: Series) {
        if !passedOver.isEmpty { passedOver[series]?.beginAnew(at: Clock.monotonic()) }
    }

    /// The same of all series, at most once a minute: without inotify, everything is looked at each second.
    ///
    /// - Returns: whether it is so.
    func beginAllAnew() -> Bool {
        let now = Clock.monotonic()
        guard now - lastBegin >= PassedOver.longestPause else { return false }
        lastBegin = now
        for series in Series.allCases { beginAnew(series) }
        return true
    }

    /// All of a series wait a while: the next one would fail too.
    func backOff(_ series: Series) {
        backOffs[series, default: BackOff()].begin()
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
        if !passedOver.isEmpty, let others = passedOver[series], others.count == 0 {
            if others.isPast(at: Clock.monotonic()) { passedOver[series] = nil }
            overcome(.file(.passedOver(series)))
        }
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

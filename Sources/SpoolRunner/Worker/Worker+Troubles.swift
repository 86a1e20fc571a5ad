import Spool
import SpoolSystem

/// What the worker does, as far as it can fail over and over.
enum Doing: Hashable {
    /// To a file, which a reminder is of.
    case file(Reminder)
    /// To a directory, or anything else that has a name.
    case work(String)
}

/// What the worker does to one file after the other.
enum Series: String {
    /// `starting` is of the runners of what has been claimed.
    case claiming, starting, admission, promotion
}

extension Worker {
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
            tell(error, of: doing)
            if let reminder { remind(reminder, isFailure: true) }
        }
    }

    func tell(_ error: SpoolError, of doing: Doing) {
        let now = Clock.monotonic()
        if troubles.fail(doing, for: doing.group, error, at: now) { report(error.message) }
    }

    /// As for what fails without a path of its own.
    func tell(_ errno: Errno, _ call: String, of doing: Doing, advice: String? = nil) {
        tell(SpoolError(errno, call, spool.path, advice: advice), of: doing)
    }

    func overcome(_ doing: Doing) {
        if troubles.isEmpty { return }
        if let text = troubles.overcome(doing, at: Clock.monotonic()) { report(text) }
    }

    /// It isn't there any more.
    func forget(_ doing: Doing) {
        if !troubles.isEmpty { troubles.forget(doing) }
    }

    // MARK: Rests

    /// Something in a series has failed. It is tried again later by itself, and the others wait a while where they would
    /// fail too.
    func rest(_ series: Series, concernsAll: Bool) {
        guard rests[series, default: Rest()].fail(concernsAll: concernsAll) else { return }
        later[.rest(series)] = rests[series]?.end
    }

    func isResting(_ series: Series) -> Bool { rests[series]?.isOn ?? false }

    func noteSuccess(in series: Series) {
        guard !rests.isEmpty, rests.removeValue(forKey: series) != nil else { return }
        // What was passed over while it rested is looked at now.
        if later[.rest(series)] != nil { later[.rest(series)] = Clock.monotonic() }
    }

    var claimingRests: Bool { !rests.isEmpty && (isResting(.claiming) || isResting(.starting)) }

    /// A runner's job has ended, and with it what it took: a process, memory, descriptors, perhaps room on the disk. Who
    /// waits for these need not wait longer.
    func claimAgainNow() {
        for series in [Series.claiming, .starting] where rests[series] != nil {
            rests[series]?.wake()
            later[.rest(series)] = nil
        }
    }
}

extension Doing {
    /// What is done to a single job.
    var isOfJob: Bool {
        switch self {
        case .file: true
        case .work(let name): ["fork", "start", "restart"].contains(name)
        }
    }

    /// To list what there is to be done.
    var isOfPlace: Bool {
        guard case .work(let name) = self else { return false }
        return name.hasPrefix("incoming") || ["scheduled", "running"].contains(name)
    }

    fileprivate var group: String {
        switch self {
        case .work(let name): name
        case .file(.dropIn): Series.admission.rawValue
        case .file(.scheduled): Series.promotion.rawValue
        case .file(.running): "recovery"
        case .file: Series.claiming.rawValue
        }
    }
}

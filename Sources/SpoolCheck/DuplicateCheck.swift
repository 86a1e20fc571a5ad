import Spool
import SpoolSystem

/// Ids that several files have.
struct DuplicateCheck: CheckArea {
    let name = "jobs"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        for id in context.ids.repeated {
            let files = try copies(of: id)
            guard let trueOne = files.last else { continue }
            for copy in files.dropLast() {
                let isMeant = try isToRunAgain(copy)
                try context.found(
                    Fault(
                        isMeant ? .waitingCopy : .duplicateID, copy.path,
                        isMeant
                            ? "it is a copy of \(trueOne.path), and still has its id"
                            : "another file has this id: \(trueOne.path)", job: id
                    ) { [self] () throws(SpoolError) -> Fault.Mend? in
                        try separate(copy, from: trueOne)
                    }, report)
            }
        }
    }

    /// - Returns: false for one of both names of a halved move: a file with several names is none to be run.
    private func isToRunAgain(_ copy: JobLocation) throws(SpoolError) -> Bool {
        guard
            case .job(let written, _) = try Inspect(storage).inspect(
                copy.path, isDropIn: false, isLocking: false)
        else { return false }
        return isToRunAgain(copy, written)
    }

    /// Whether a file is a copy of an ended job that somebody has put where jobs wait, to run it once more.
    private func isToRunAgain(_ copy: JobLocation, _ written: Job) -> Bool {
        copy.place.isWaiting && copy.name.fits(copy.place) && written.state?.isFinal == true
    }

    /// The files of an id, the one farthest along in the history of its attempts last. A job that moves on while we
    /// look is seen in two places, but not twice in both of them.
    private func copies(of id: JobID) throws(SpoolError) -> [JobLocation] {
        func look() throws(SpoolError) -> [JobLocation: FileStatus.Identity] {
            var found: [JobLocation: FileStatus.Identity] = [:]
            for location in try Lookup(storage).locate(id) {
                if let status = try context.status(of: location.path) {
                    found[location] = status.identity
                }
            }
            return found
        }
        let first = try look()
        let second = try look()
        let both = first.filter { second[$0.key] == $0.value }.map(\.key)
        guard both.count > 1 else { return [] }
        var ranked: [(location: JobLocation, progress: Int)] = []
        for location in both {
            // It has moved on just now.
            guard let progress = try progress(of: location) else { return [] }
            ranked.append((location, progress))
        }
        return ranked.sorted {
            ($0.progress, $1.location.path) < ($1.progress, $0.location.path)
        }.map(\.location)
    }

    /// How far a job has come: a number that grows with its attempts first, then with its place.
    ///
    /// - Returns: nil if it isn't there any more.
    /// - Throws: why it can't be read; such a job may have come farther than the others.
    private func progress(of location: JobLocation) throws(SpoolError) -> Int? {
        let order: [Place] = [
            .held, .blocked, .scheduled, .incoming, .deadLetter, .failed, .done, .running,
        ]
        let place = order.firstIndex(of: location.place) ?? 0
        let job: Job
        do throws(SpoolError) {
            job = try JobReader(storage).read(location)
        } catch {
            switch error.code {
            case .notFound: return nil
            // A file that isn't a job at all has come nowhere.
            case .invalidJob: return -1
            default: throw error
            }
        }
        return (job.attempts?.last?.number ?? 0) * order.count + place
    }

    /// Gives a copy an id of its own.
    private func separate(
        _ copy: JobLocation, from trueOne: JobLocation
    ) throws(SpoolError) -> Fault.Mend? {
        if try isSameFile(copy.path, trueOne.path) {
            // Both names of a rename that a power cut has halved, or a hard link made by hand.
            return try storage.remove(copy.path)
                ? .changed("removed: it is the same file") : nil
        }
        switch try JobLock(storage).acquire(copy) {
        case .locked(let locked, let written):
            guard try context.status(of: trueOne.path) != nil else { return nil }
            // As a claim does it, or a command.
            if isToRunAgain(copy, written) {
                guard case .readmitted(let location) = try Claim(storage).readmit(locked) else {
                    return nil
                }
                return .moved("renamed to \(location.path)")
            }
            return try Mending(storage).park(locked, beside: trueOne.path)
        case .unfit(let reason):
            return try Reject(storage).reject(copy, reason: reason)
                ? .moved("taken to dead-letter/") : nil
        case .busy, .undecided, .gone: return nil
        }
    }

    private func isSameFile(_ one: String, _ other: String) throws(SpoolError) -> Bool {
        guard let status = try context.status(of: one) else { return false }
        return try status.identity == context.status(of: other)?.identity
    }
}

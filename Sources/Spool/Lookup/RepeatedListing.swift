import SpoolSystem
import SpoolTime

/// Lists places more than once, as jobs move meanwhile. A job that goes on is met in a later place. One that goes back
/// to a place that was listed already is met in the next look, which lists only what has changed since.
///
/// The looks end with the first that meets no other job. A job is missed only if it goes back twice, each time to a
/// place that was listed already, from one that wasn't.
package struct RepeatedListing {
    package typealias Directory = (place: Place, subdirectory: String?)

    /// The places of jobs that haven't ended, in the order in which a job goes on. Those of ended ones come after them.
    package static let openPlaces = [Place.held, .blocked, .scheduled, .incoming, .running]

    /// The longest time between two ticks of the clock by which a file system dates changes, in nanoseconds.
    private static let tick: Int64 = 20_000_000

    private let storage: Storage
    private let begin: Instant
    private var looks = 0
    private var met: Set<JobID> = []
    private var metBefore = 0
    /// The ids that were met at more than one location.
    package private(set) var metAgain: Set<JobID> = []
    private var directories: [Place: [Directory]] = [:]
    /// When a directory was changed, as it was before it was listed. One that was listed so soon after a change that the
    /// next one may have the same time counts as changed.
    private var changes: [String: Int64] = [:]

    package init(_ storage: Storage) {
        self.storage = storage
        begin = storage.now()
    }

    package var isFirst: Bool { looks == 1 }

    /// Begins the first look, the second one, and others as long as the one before has met a job.
    package mutating func next() -> Bool {
        guard looks < 2 || met.count > metBefore else { return false }
        looks += 1
        metBefore = met.count
        return true
    }

    /// The directories of some places that have to be listed in this look, from now on.
    package mutating func directories(of places: [Place]) throws(SpoolError) -> [Directory] {
        var changed: [Directory] = []
        for place in places {
            let isChanged = try isChanged(place.directory)
            // A new queue or day changes the directory that it is in.
            if isChanged { directories[place] = try Listing(storage).directories(of: [place]) }
            for directory in directories[place, default: []] {
                guard let subdirectory = directory.subdirectory else {
                    if isChanged { changed.append(directory) }
                    continue
                }
                if try self.isChanged(place.directory + "/" + subdirectory) {
                    changed.append(directory)
                }
            }
        }
        return changed
    }

    private mutating func isChanged(_ directory: String) throws(SpoolError) -> Bool {
        let now = Clock.realtime()
        let change = try storage.status(of: directory)?.modified ?? 0
        let before = changes.updateValue(
            change > now - RepeatedListing.tick ? .min : change, forKey: directory)
        return before != change
    }

    /// Whether this look is about a job: the first one is about all. The others leave out those that were met, and those
    /// that are younger than the first look.
    package func isWanted(_ id: JobID) -> Bool {
        isFirst || (id.milliseconds <= begin.milliseconds && !met.contains(id))
    }

    /// Notes that the job was met where it lay.
    ///
    /// - Returns: whether it is the first time.
    @discardableResult
    package mutating func meet(_ id: JobID) -> Bool {
        let isNew = met.insert(id).inserted
        if !isNew { metAgain.insert(id) }
        return isNew
    }
}

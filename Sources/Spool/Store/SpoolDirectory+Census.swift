import SpoolSchedule
import SpoolSystem

/// How many jobs lie where: what one listing of each directory tells, whatever their files say.
package struct Census: Sendable {
    /// By place; what was dropped and not admitted yet waits in incoming/.
    package var counts: [Place: Int] = [:]
    /// How many wait in incoming/, by queue.
    package var queued: [String: Int] = [:]
    /// The one in incoming/ with the oldest id.
    package var oldest: JobLocation?
    /// The name in scheduled/ that is due first.
    package var soonest: JobLocation?
    package var running: [JobLocation] = []
    /// Those in failed/ and dead-letter/.
    package var failed: [JobLocation] = []
    /// The ones with the newest ids of all places, newest first: 100 at most.
    package var newest: [JobLocation] = []

    package subscript(_ place: Place) -> Int { counts[place, default: 0] }
}

/// The first names of some directories, and how many there are.
package struct JobWindow: Sendable {
    /// In order.
    package let first: [JobLocation]
    /// How many there are, with those that aren't among the first.
    package let count: Int
}

/// Jobs in the order in which they are due, or by age.
private struct OrderedJob: Comparable {
    let location: JobLocation
    let isNewestFirst: Bool

    static func < (left: OrderedJob, right: OrderedJob) -> Bool {
        left.isNewestFirst
            ? left.location.id > right.location.id : left.location.name < right.location.name
    }
}

extension SpoolDirectory {
    /// Counts what lies in all places, in bounded memory.
    package func census() throws(SpoolError) -> Census {
        var census = Census()
        var newest = SmallestElements<OrderedJob>(limit: 100)
        for (place, subdirectory) in try directories() {
            var count = 0
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            try forEachRawEntry(in: directory) { raw in
                guard let name = JobFileName(bytes: raw.bytes) else {
                    if place == .incoming, raw.kind != .directory, raw.entry.isDropIn { count += 1 }
                    return
                }
                count += 1
                let location = JobLocation(place, subdirectory: subdirectory, name)
                newest.insert(OrderedJob(location: location, isNewestFirst: true))
                switch place {
                case .incoming:
                    if census.oldest.map({ name.id < $0.id }) ?? true { census.oldest = location }
                case .scheduled:
                    if census.soonest.map({ name < $0.name }) ?? true { census.soonest = location }
                case .running: census.running.append(location)
                case .failed, .deadLetter: census.failed.append(location)
                case .blocked, .held, .done: break
                }
            }
            census.counts[place, default: 0] += count
            if place == .incoming { census.queued[subdirectory ?? Job.defaultQueue] = count }
        }
        census.newest = newest.sorted().map(\.location)
        return census
    }

    /// The jobs of some places that come first, without holding the names of all others.
    ///
    /// - Parameter isNewestFirst: by the ages of their ids; otherwise in the order in which they are due.
    package func window(
        of places: [Place], limit: Int, isNewestFirst: Bool
    ) throws(SpoolError) -> JobWindow {
        var smallest = SmallestElements<OrderedJob>(limit: limit)
        var count = 0
        for (place, subdirectory) in try directories(of: places) {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            try forEachRawEntry(in: directory) { raw in
                guard let name = JobFileName(bytes: raw.bytes) else { return }
                count += 1
                let location = JobLocation(place, subdirectory: subdirectory, name)
                smallest.insert(OrderedJob(location: location, isNewestFirst: isNewestFirst))
            }
        }
        return JobWindow(first: smallest.sorted().map(\.location), count: count)
    }
}

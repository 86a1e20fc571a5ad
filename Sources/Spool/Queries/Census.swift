import SpoolSystem

/// The numbers of jobs in all places, as one listing of each directory tells them, whatever their files say.
package struct Census: Sendable {
    /// By place; with the files dropped in incoming/ and not admitted yet, and those rejected in dead-letter/.
    package var counts: [Place: Int] = [:]
    /// How many wait in incoming/, by queue.
    package var queued: [String: Int] = [:]
    /// The one in incoming/ with the oldest id.
    package var oldest: JobLocation?
    /// The name in scheduled/ that is due first.
    package var soonest: JobLocation?
    package var running: [JobLocation] = []
    /// The ones with the newest ids in failed/ and dead-letter/, newest first: `failedLimit` at most. `counts` tells
    /// how many there are.
    package var failed: [JobLocation] = []
    package static let failedLimit = 2000
    /// How many files in dead-letter/ have no name of a job.
    package var rejected = 0
    /// Names in incoming/ that only the directory of a queue should have, and something else has: 10 at most.
    package var obstacles: [String] = []
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

/// A name in one of several directories, in the order in which jobs are due, or by age. There may be a million, so it
/// holds nothing that is reference-counted.
private struct OrderedName: Comparable {
    let name: JobFileName
    let directory: Int
    let isNewestFirst: Bool

    static func < (left: OrderedName, right: OrderedName) -> Bool {
        left.isNewestFirst ? left.name.id > right.name.id : left.name < right.name
    }
}

/// Counts jobs by their names, without reading them.
package struct JobCounts: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Counts the files in all places. However many jobs wait or have ended, it takes the same memory: of all names
    /// only those of running jobs are kept.
    package func census() throws(SpoolError) -> Census {
        var census = Census()
        var newest = SmallestElements<OrderedName>(limit: 100)
        var failed = SmallestElements<OrderedName>(limit: Census.failedLimit)
        let directories = try Listing(storage).directories()
        for (index, (place, subdirectory)) in directories.enumerated() {
            var count = 0
            var oldest: JobFileName?
            var soonest: JobFileName?
            try forEachName(in: place, subdirectory) { name in
                count += 1
                let aged = OrderedName(name: name, directory: index, isNewestFirst: true)
                newest.insert(aged)
                switch place {
                case .incoming: if oldest.map({ name.id < $0.id }) ?? true { oldest = name }
                case .scheduled: if soonest.map({ name < $0 }) ?? true { soonest = name }
                case .running: census.running.append(JobLocation(place, name))
                case .failed, .deadLetter: failed.insert(aged)
                case .blocked, .held, .done: break
                }
            } others: { raw in
                guard place == .incoming || place == .deadLetter, raw.kind != .directory
                else { return }
                let entry = raw.entry
                if entry.isDropIn {
                    // A dropped file waits, too, and a rejected one lies there.
                    count += 1
                    if place == .deadLetter { census.rejected += 1 }
                } else if place == .incoming, subdirectory == nil, raw.kind != nil,
                    census.obstacles.count < 10, NameRule.isName(entry.name),
                    !entry.name.contains("."), entry.name != Job.defaultQueue
                {
                    census.obstacles.append(entry.name)
                }
            }
            census.counts[place, default: 0] += count
            if place == .incoming { census.queued[subdirectory ?? Job.defaultQueue] = count }
            if let oldest, census.oldest.map({ oldest.id < $0.id }) ?? true {
                census.oldest = JobLocation(place, subdirectory: subdirectory, oldest)
            }
            if let soonest { census.soonest = JobLocation(place, soonest) }
        }
        census.failed = locations(failed.sorted(), in: directories)
        census.newest = locations(newest.sorted(), in: directories)
        return census
    }

    /// The jobs of some directories that come first, without holding the names of all others.
    ///
    /// - Parameters:
    ///   - isNewestFirst: by the ages of their ids; otherwise in the order in which they are due.
    ///   - isWanted: whether such a name counts.
    package func window(
        of directories: [(place: Place, subdirectory: String?)], limit: Int, isNewestFirst: Bool,
        where isWanted: (JobFileName) -> Bool = { _ in true }
    ) throws(SpoolError) -> JobWindow {
        var smallest = SmallestElements<OrderedName>(limit: limit)
        var count = 0
        for (index, (place, subdirectory)) in directories.enumerated() {
            try forEachName(in: place, subdirectory) { name in
                guard isWanted(name) else { return }
                count += 1
                smallest.insert(
                    OrderedName(name: name, directory: index, isNewestFirst: isNewestFirst))
            }
        }
        return JobWindow(first: locations(smallest.sorted(), in: directories), count: count)
    }

    /// How many jobs of a place have such a name.
    package func count(
        in place: Place, where isMeant: (JobFileName) -> Bool
    ) throws(SpoolError) -> Int {
        var count = 0
        for (place, subdirectory) in try Listing(storage).directories(of: [place]) {
            try forEachName(in: place, subdirectory) { if isMeant($0) { count += 1 } }
        }
        return count
    }

    private func forEachName(
        in place: Place, _ subdirectory: String?, _ body: (JobFileName) -> Void,
        others: (Directory.RawEntry) -> Void = { _ in }
    ) throws(SpoolError) {
        let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
        try storage.forEachRawEntry(in: directory) { raw in
            if let name = JobFileName(bytes: raw.bytes) { body(name) } else { others(raw) }
        }
    }

    private func locations(
        _ names: [OrderedName], in directories: [(place: Place, subdirectory: String?)]
    ) -> [JobLocation] {
        names.map {
            let (place, subdirectory) = directories[$0.directory]
            return JobLocation(place, subdirectory: subdirectory, $0.name)
        }
    }
}

import SpoolSystem
import SpoolTime

/// Finds the files of jobs whose ids are known.
package struct Lookup: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Every file that has this id, usually one. The places are asked in the order in which a job goes through them. A
    /// job that moves on while we look is therefore still found; one that goes back may be missed.
    ///
    /// - Parameter except: a path that doesn't count.
    package func locate(
        _ id: JobID, except: String? = nil
    ) throws(SpoolError) -> [JobLocation] {
        var search = PlaceSearch(storage, id, except: except)
        try search.list(.scheduled)
        try search.probeIncoming(queues: try Listing(storage).queueDirectories())
        try search.probeRanks(in: [.blocked, .held])
        try search.list(.running)
        try search.probeEnds(days: try Listing(storage).days())
        guard search.found.isEmpty else { return search.found }
        // Somebody may have moved it by hand to a place whose names look otherwise.
        let all = try Listing(storage).locations() + Listing(storage).endsWithoutDay()
        return all.filter { $0.id == id && $0.path != except }
    }

    /// The location of a job, whose location a moment ago is known: it most likely is the same.
    ///
    /// - Parameter known: nil: nothing is known.
    /// - Returns: the first of its places; nil if it is nowhere.
    package func locate(
        _ id: JobID, after known: JobLocation?
    ) throws(SpoolError) -> JobLocation? {
        if let known, known.id == id {
            if try storage.isThere(known.path) { return known }
            // Of all places, scheduled/ alone may hold very many names that have to be read. A job also leaves it more
            // often than it comes back. It is therefore asked last.
            if let found = try locateOutsideScheduled(id) { return found }
        }
        return try locate(id).first
    }

    /// The first place of a job in which its name is known beforehand, or few others lie. This takes the same short
    /// time however many jobs are scheduled or have ended.
    ///
    /// - Parameter except: a path that doesn't count.
    package func locateOutsideScheduled(
        _ id: JobID, except: String? = nil
    ) throws(SpoolError) -> JobLocation? {
        var search = PlaceSearch(storage, id, except: except, stopsAtFirst: true)
        try search.probeIncoming(queues: try Listing(storage).queueDirectories())
        try search.probeRanks(in: [.blocked, .held])
        try search.list(.running)
        try search.probeEnds(days: try Listing(storage).days())
        return search.found.first
    }

    /// The first place of each of these jobs. Jobs that are nowhere are left out. Directories are listed once for all.
    package func locate(_ ids: Set<JobID>) throws(SpoolError) -> [JobID: JobLocation] {
        var places: [JobID: JobLocation] = [:]
        guard ids.count > 1 else {
            for id in ids { places[id] = try locate(id).first }
            return places
        }
        let scheduled = try names(of: ids, in: Place.scheduled.directory)
        var ranked: [RankedNames] = []
        for queue in [nil] + (try Listing(storage).queueDirectories()) {
            ranked.append(try rankedNames(of: ids, in: .incoming, queue))
        }
        for place in [Place.blocked, .held] {
            ranked.append(try rankedNames(of: ids, in: place, nil))
        }
        let running = try names(of: ids, in: Place.running.directory)
        let days = try Listing(storage).days()
        for id in ids {
            var search = PlaceSearch(storage, id, stopsAtFirst: true)
            if let name = scheduled[id] { try search.probe(JobLocation(.scheduled, name)) }
            for directory in ranked {
                let (place, queue) = (directory.place, directory.subdirectory)
                if let names = directory.names {
                    guard let name = names[id] else { continue }
                    try search.probe(JobLocation(place, subdirectory: queue, name))
                } else {
                    try search.probeRanks(in: [place], subdirectory: queue)
                }
            }
            if let name = running[id] { try search.probe(JobLocation(.running, name)) }
            try search.probeEnds(days: days)
            places[id] = search.found.first
        }
        let missing = ids.filter { places[$0] == nil }
        guard !missing.isEmpty else { return places }
        // It has moved since the names were read, or lies where it doesn't belong. In the order in which a job goes on.
        let order = [Place.scheduled] + Place.allCases.filter { $0 != .scheduled }
        let all = try Listing(storage).locations(in: order) + Listing(storage).endsWithoutDay()
        for location in all
        where missing.contains(location.id) && places[location.id] == nil {
            places[location.id] = location
        }
        return places
    }

    /// The names of these jobs in a directory.
    private func names(
        of ids: Set<JobID>, in directory: String
    ) throws(SpoolError) -> [JobID: JobFileName] {
        var found: [JobID: JobFileName] = [:]
        for name in try Listing(storage).fileNames(in: directory) where ids.contains(name.id) {
            found[name.id] = name
        }
        return found
    }

    /// Jobs in a directory whose names tell the rank.
    private struct RankedNames {
        let place: Place
        let subdirectory: String?
        /// nil: they haven't been read, as there are many more names than jobs to look for.
        let names: [JobID: JobFileName]?
    }

    /// A job may have ten names there. To read one takes less time than to ask for one, a third or so.
    private func rankedNames(
        of ids: Set<JobID>, in place: Place, _ subdirectory: String?
    ) throws(SpoolError) -> RankedNames {
        let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
        let size = try storage.status(of: directory)?.size
        // The size of a directory tells roughly how many names there are or were: 40 bytes or so each.
        guard let size, size <= 1200 * ids.count else {
            return RankedNames(place: place, subdirectory: subdirectory, names: nil)
        }
        let names = try names(of: ids, in: directory).filter { $0.value.fits(place) }
        return RankedNames(place: place, subdirectory: subdirectory, names: names)
    }
}

/// Looks for the files of one job, place by place.
private struct PlaceSearch {
    private let storage: Storage
    private let id: JobID
    private let except: String?
    private let stopsAtFirst: Bool
    private(set) var found: [JobLocation] = []

    /// - Parameters:
    ///   - except: a path that doesn't count.
    ///   - stopsAtFirst: whether nothing more is looked at once a file is found.
    init(
        _ storage: Storage, _ id: JobID, except: String? = nil, stopsAtFirst: Bool = false
    ) {
        self.storage = storage
        self.id = id
        self.except = except
        self.stopsAtFirst = stopsAtFirst
    }

    private var isOver: Bool { stopsAtFirst && !found.isEmpty }

    mutating func probe(_ location: JobLocation) throws(SpoolError) {
        guard !isOver, location.path != except else { return }
        if try storage.isThere(location.path) { found.append(location) }
    }

    mutating func probeIncoming(queues: [String]) throws(SpoolError) {
        for queue in [nil] + queues { try probeRanks(in: [.incoming], subdirectory: queue) }
    }

    mutating func probeRanks(
        in places: [Place], subdirectory: String? = nil
    ) throws(SpoolError) {
        for place in places where !isOver {
            for rank in 0...9 {
                let name = JobFileName(id: id, priority: Job.Priority(rank: rank))
                try probe(JobLocation(place, subdirectory: subdirectory, name))
            }
        }
    }

    /// - Parameter days: those of done/, in order.
    mutating func probeEnds(days: [String]) throws(SpoolError) {
        // Most end on the day on which they were submitted, or soon after.
        let own = Instant(milliseconds: id.milliseconds).day.description
        let first = days.firstIndex { $0 >= own } ?? days.endIndex
        for day in days[first...] + days[..<first] where !isOver {
            try probe(JobLocation(.done, subdirectory: day, JobFileName(id: id)))
        }
        try probe(.failed(id))
        try probe(.deadLetter(id))
    }

    /// Searches a place whose names hold more than the id tells.
    mutating func list(_ place: Place) throws(SpoolError) {
        guard !isOver else { return }
        for name in try Listing(storage).fileNames(in: place.directory) where name.id == id {
            let location = JobLocation(place, name)
            if location.path != except { found.append(location) }
        }
    }
}

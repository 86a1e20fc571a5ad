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
        var search = JobSearch(storage, id, except: except)
        try search.list(.scheduled)
        try search.probeIncoming(queues: try queueDirectories())
        try search.probeRanks(in: [.blocked, .held])
        try search.list(.running)
        try search.probeEnds(days: try days())
        guard search.found.isEmpty else { return search.found }
        // Somebody may have moved it by hand to a place whose names look otherwise.
        return try Listing(storage).locations().filter { $0.id == id && $0.path != except }
    }

    /// The location of a job, whose location a moment ago is known: it most likely is the same.
    ///
    /// - Parameter known: nil: nothing is known.
    /// - Returns: the first of its places; nil if it is nowhere.
    package func locate(
        _ id: JobID, after known: JobLocation?
    ) throws(SpoolError) -> JobLocation? {
        if let known, known.id == id {
            if try storage.exists(known) { return known }
            // Of all places, scheduled/ alone may hold very many names that have to be read. A job also leaves it more
            // often than it comes back. It is therefore asked last.
            var search = JobSearch(storage, id, stopsAtFirst: true)
            try search.probeIncoming(queues: try queueDirectories())
            try search.probeRanks(in: [.blocked, .held])
            try search.list(.running)
            try search.probeEnds(days: try days())
            if let found = search.found.first { return found }
        }
        return try locate(id).first
    }

    /// The first place of each of these jobs. Jobs that are nowhere are left out. Directories are listed once for all.
    func locate(_ ids: Set<JobID>) throws(SpoolError) -> [JobID: JobLocation] {
        var places: [JobID: JobLocation] = [:]
        guard ids.count > 1 else {
            for id in ids { places[id] = try locate(id).first }
            return places
        }
        let scheduled = try names(of: ids, in: Place.scheduled.directory)
        var ranked: [RankedNames] = []
        for queue in [nil] + (try queueDirectories()) {
            ranked.append(try rankedNames(of: ids, in: .incoming, queue))
        }
        for place in [Place.blocked, .held] {
            ranked.append(try rankedNames(of: ids, in: place, nil))
        }
        let running = try names(of: ids, in: Place.running.directory)
        let days = try days()
        for id in ids {
            var search = JobSearch(storage, id, stopsAtFirst: true)
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
        for location in try Listing(storage).locations(in: order)
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
        for name in try fileNames(in: directory) where ids.contains(name.id) {
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

    /// The queues that have a directory in incoming/, beside the default queue.
    package func queueDirectories() throws(SpoolError) -> [String] {
        let status = try storage.status(of: "incoming")
        // If a directory's link count counts subdirectories (ext4, xfs, tmpfs), two says that there are none. A million
        // names needn't be read to know it. Btrfs says one always.
        guard let status, status.links != 2 else { return [] }
        var queues: [String] = []
        // Names of which the file system doesn't say what they are.
        var unknown: [String] = []
        try storage.onListing("incoming") { () throws(Errno) in
            try storage.root.forEachRawEntry(in: "incoming") { raw in
                // A million files may lie beside them.
                guard raw.kind == .directory || raw.kind == nil else { return }
                let entry = raw.entry
                guard NameRule.isName(entry.name) else { return }
                if entry.kind == .directory {
                    queues.append(entry.name)
                } else {
                    unknown.append(entry.name)
                }
            }
        }
        for name in unknown {
            let kind = try storage.status(of: "incoming/" + name)?.kind
            if kind == .directory { queues.append(name) }
        }
        return queues.sorted()
    }

    /// The days that have a directory in done/, oldest first.
    package func days() throws(SpoolError) -> [String] {
        var days: [String] = []
        try storage.onListing("done") { () throws(Errno) in
            try storage.root.forEachEntry(in: "done") { entry in
                guard CivilDate(directory: entry.name) != nil else { return }
                let kind = entry.kind ?? (try? storage.root.status(of: "done/" + entry.name))??.kind
                // A file of such a name would make every look into it fail.
                if kind == .directory { days.append(entry.name) }
            }
        }
        return days.sorted()
    }

    /// The names of jobs in a directory, in no order; other names are left out.
    package func fileNames(in directory: String) throws(SpoolError) -> [JobFileName] {
        var names: [JobFileName] = []
        try storage.onListing(directory) { () throws(Errno) in
            try storage.root.forEachRawEntry(in: directory) { entry in
                if let name = JobFileName(bytes: entry.bytes) { names.append(name) }
            }
        }
        return names
    }
}

/// Looks for the files of one job, place by place.
private struct JobSearch {
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
        if try storage.exists(location) { found.append(location) }
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
        for name in try Lookup(storage).fileNames(in: place.directory) where name.id == id {
            let location = JobLocation(place, name)
            if location.path != except { found.append(location) }
        }
    }
}

extension CivilDate {
    /// A day as directories and files of the spool are called: 2026-11-21, and nothing else.
    package init?(directory name: some StringProtocol) {
        let parts = name.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3,
            let date = CivilDate(year: parts[0], month: parts[1], day: parts[2]),
            date.description == name
        else { return nil }
        self = date
    }
}

import Spool

/// Searches a spool for the jobs that fit, while others move them.
struct ListSearch {
    /// The steps after which tests move jobs.
    enum Step: Equatable {
        /// The names in these places are known, and none of the files is read yet.
        case named([Place])
        case read([Place])
    }

    let filter: JobFilter
    let limits: ListLimits
    /// Called after each step.
    var interrupt: (Step) throws(SpoolError) -> Void = { _ in }

    /// Queued jobs in the order in which they will run, scheduled ones by their times, blocked, held and running ones,
    /// then ended ones, newest last.
    func find(in spool: SpoolDirectory) throws(SpoolError) -> JobList {
        let storage = spool.storage
        var found = JobList()
        var open = RepeatedListing.openPlaces.filter { filter.wants($0) }.map {
            ListPart([$0], limit: $0.isWaiting ? limits.waiting : .max, isNewestFirst: false)
        }
        var ended = ListPart(
            Place.allCases.filter { $0.isEnded && filter.wants($0) }, limit: limits.ended,
            isNewestFirst: true)
        // Named before the jobs, and read after them: a file that is admitted meanwhile is met as a job.
        let paths = filter.wants(.incoming) ? try DropIns(storage).paths() : []
        var dropped: (entries: [JobEntry], unread: Int) = ([], 0)
        func room() -> Int {
            limits.waiting - (open.first { $0.places == [.incoming] }?.entries.count ?? 0)
        }
        var listing = RepeatedListing(storage)
        while listing.next() {
            // This look meets the jobs that such files have become.
            dropped.entries = try present(dropped.entries, storage)
            for index in open.indices {
                try read(&open[index], &listing, storage, &found.others)
            }
            try read(&ended, &listing, storage, &found.others)
            if listing.isFirst {
                dropped = DropIns(storage).entries(at: paths, limit: room()) {
                    filter.fits($0, &found.others)
                }
            }
        }
        let files = dropped.entries.prefix(max(0, room()))
        let unread = dropped.unread + dropped.entries.count - files.count
        found.unread = (open.reduce(unread) { $0 + $1.unread }, ended.unread)
        var entries: [JobEntry] = []
        for part in open { entries.join(part.entries) }
        entries.join(Array(files))
        if filter.wants(.deadLetter) && filter.fitsRejectedFiles {
            entries.join(try RejectedFiles(storage).all())
        }
        entries.join(ended.entries.reversed())
        entries = try withoutFormer(entries, of: listing.metAgain, storage)
        found.entries = ordered(entries)
        return found
    }

    /// The sections of a list one after the other; within one, as they are.
    private func ordered(_ entries: [JobEntry]) -> [JobEntry] {
        let sections = entries.map { ListSearch.section(of: $0.state) }
        // A list of one kind of jobs, which may be long, is in order.
        if zip(sections, sections.dropFirst()).allSatisfy({ $0 <= $1 }) { return entries }
        var parts: [[JobEntry]] = Array(repeating: [], count: (sections.max() ?? 0) + 1)
        for (entry, section) in zip(entries, sections) { parts[section].append(entry) }
        return Array(parts.joined())
    }

    /// The place of a state's jobs in a list.
    private static func section(of state: JobState) -> Int {
        switch state {
        case .queued: 0
        case .scheduled, .retrying: 1
        case .blocked: 2
        case .held: 3
        case .running: 4
        case .completed, .cancelled, .failed, .timedOut, .interrupted, .dead: 5
        }
    }

    /// Adds the first jobs that fit, of those that this look is about.
    private func read(
        _ part: inout ListPart, _ listing: inout RepeatedListing, _ storage: Storage,
        _ others: inout OtherProjects
    ) throws(SpoolError) {
        let directories = try listing.directories(of: part.places)
        // Most often the first ones do, of which there may be a million; else all are needed.
        for size in part.limit < 1 << 20 ? [part.limit + 1000, .max] : [.max] {
            let window = try JobCounts(storage).window(
                of: directories, limit: size, isNewestFirst: part.isNewestFirst
            ) { listing.isWanted($0.id) && part.reaches($0) }
            try interrupt(.named(part.places))
            var seen = others
            let read = read(window.first, limit: part.limit, storage, &seen)
            try interrupt(.read(part.places))
            guard read.entries.count >= part.limit || window.first.count == window.count else {
                continue
            }
            others = seen
            for id in read.ids { listing.meet(id) }
            part.add(read.entries, unread: window.count - read.count)
            return
        }
    }

    /// - Returns: also how many files were looked at for that, and the ids of those that were there.
    private func read(
        _ locations: [JobLocation], limit: Int, _ storage: Storage, _ others: inout OtherProjects
    ) -> (entries: [JobEntry], ids: [JobID], count: Int) {
        var entries: [JobEntry] = []
        var ids: [JobID] = []
        for (index, location) in locations.enumerated() {
            if entries.count >= limit { return (entries, ids, index) }
            guard let entry = JobReader(storage).entry(at: location) else { continue }
            ids.append(location.id)
            if filter.fits(entry, &others) { entries.append(entry) }
        }
        return (entries, ids, locations.count)
    }

    /// Leaves out the former places of jobs that have moved on. A copy made by hand is there, beside what it is a copy of.
    ///
    /// - Parameter ids: those that were met more than once.
    private func withoutFormer(
        _ entries: [JobEntry], of ids: Set<JobID>, _ storage: Storage
    ) throws(SpoolError) -> [JobEntry] {
        guard !ids.isEmpty else { return entries }
        let doubtful = entries.compactMap(\.location).filter { ids.contains($0.id) }
        var kept: Set<JobLocation> = []
        var settled: Set<JobID> = []
        for location in doubtful where try storage.isThere(location.path) {
            kept.insert(location)
            settled.insert(location.id)
        }
        // If it is in none of its places, it has moved once more: the last one counts.
        for location in doubtful.reversed() where settled.insert(location.id).inserted {
            kept.insert(location)
        }
        return entries.filter { entry in
            guard let location = entry.location, ids.contains(location.id) else { return true }
            return kept.contains(location)
        }
    }

    /// Those that are still where they were read.
    private func present(
        _ entries: [JobEntry], _ storage: Storage
    ) throws(SpoolError) -> [JobEntry] {
        var found: [JobEntry] = []
        for entry in entries where try storage.isThere(entry.path) { found.append(entry) }
        return found
    }
}

/// Places that are listed together, and their jobs that a list shows.
private struct ListPart {
    let places: [Place]
    let limit: Int
    let isNewestFirst: Bool
    /// In order.
    private(set) var entries: [JobEntry] = []
    /// How many files the limit left unread. All of them come after those that are shown.
    private(set) var unread = 0

    init(_ places: [Place], limit: Int, isNewestFirst: Bool) {
        self.places = places
        self.limit = limit
        self.isNewestFirst = isNewestFirst
    }

    /// Whether a job of this name would be shown, and isn't one of those that the limit left unread.
    func reaches(_ name: JobFileName) -> Bool {
        unread == 0 || entries.last?.location.map { comesFirst(name, $0.name) } ?? false
    }

    mutating func add(_ more: [JobEntry], unread count: Int) {
        unread += count
        guard !entries.isEmpty, !more.isEmpty else { return entries.join(more) }
        entries = (entries + more).sorted { left, right in
            guard let left = left.location, let right = right.location else { return false }
            return comesFirst(left.name, right.name)
        }
        let excess = entries.count - limit
        guard excess > 0 else { return }
        entries.removeLast(excess)
        unread += excess
    }

    private func comesFirst(_ left: JobFileName, _ right: JobFileName) -> Bool {
        isNewestFirst ? left.id > right.id : left < right
    }
}

extension [JobEntry] {
    /// Appends without copying the entries, if these are the first ones.
    fileprivate mutating func join(_ others: [JobEntry]) {
        if isEmpty { self = others } else { self += others }
    }
}

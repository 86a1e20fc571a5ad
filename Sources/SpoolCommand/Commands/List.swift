import Spool
import SpoolSystem

let listCommand = CommandTable(
    "list", "show the jobs of this project",
    options: JobFilter.options + [
        Option(
            "limit", "n", "COUNT",
            "show at most this many ended jobs (default: 20), and this many waiting ones (default: 100); or"
                + " all"),
        Option("ids", nil, nil, "only the ids, a line each"),
        Option("json", nil, nil, "a JSON object a line"),
    ]
) { invocation throws(SpoolError) in
    let request = try ListRequest(invocation)
    let view = ListView(invocation)
    if let list = try request.perform(in: invocation.context) {
        try view.show(list, invocation.console)
    } else {
        view.sayNothing(at: try invocation.context.spoolPath(), invocation.console)
    }
    return ExitStatus.success
}

package struct ListRequest {
    package let filter: JobFilter
    package let limits: ListLimits
    /// Whether what the list's own lines don't tell is wanted, too.
    package let isForPeople: Bool

    package init(
        filter: JobFilter = JobFilter(), limits: ListLimits = .none, isForPeople: Bool = false
    ) {
        self.filter = filter
        self.limits = limits
        self.isForPeople = isForPeople
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        isForPeople = ListLimits.isForPeople(invocation)
        try invocation.refuseOperands()
        try invocation.refuse("ids", with: "json")
        filter = try JobFilter(invocation)
        limits = try ListLimits(invocation)
    }

    /// - Returns: nil if there is no spool, and nobody has named one.
    package func perform(in context: Context) throws(SpoolError) -> JobList? {
        guard let spool = try context.openSpoolIfThere() else { return nil }
        let filter = try filter.scoped(in: spool, context)
        var list = try ListSearch(filter: filter, limits: limits).find(in: spool)
        list.isOfAll = filter.project == nil && !filter.isNarrow
        if isForPeople { list.pauses = try spool.pauses() }
        list.time = spool.storage.now()
        return list
    }
}

/// How many jobs a list shows.
package struct ListLimits {
    package let waiting: Int
    package let ended: Int

    package static let none = ListLimits(waiting: .max, ended: .max)

    package init(waiting: Int, ended: Int) {
        self.waiting = waiting
        self.ended = ended
    }

    /// Programs get all jobs, as does a person who asks for them; else a person gets what a few screens hold.
    init(_ invocation: Invocation) throws(SpoolError) {
        let wanted: Int? = try invocation.value("limit", "a number from 0 on, or all,") { text in
            if text == "all" { return .max }
            return Int(text).flatMap { $0 >= 0 ? $0 : nil }
        }
        let isForPeople = ListLimits.isForPeople(invocation)
        waiting = wanted ?? (isForPeople ? 100 : .max)
        ended = wanted ?? (isForPeople ? 20 : .max)
    }

    fileprivate static func isForPeople(_ invocation: Invocation) -> Bool {
        !invocation.has("json") && !invocation.has("ids")
    }
}

/// Jobs in the order in which people look for them.
package struct JobList {
    package internal(set) var entries: [JobEntry] = []
    /// How many files of waiting and ended jobs the limits left unread.
    package internal(set) var unread = (waiting: 0, ended: 0)
    /// Jobs that fit but for their project.
    package internal(set) var others = OtherProjects()
    /// Whether every job of the spool was asked for.
    package internal(set) var isOfAll = false
    package internal(set) var pauses = Pauses()
    /// When it was so, by the clock of the spool.
    package internal(set) var time = Instant(nanoseconds: 0)
}

/// Searches a spool for the jobs that fit.
struct ListSearch {
    let filter: JobFilter
    let limits: ListLimits

    /// Queued jobs in the order in which they will run, scheduled ones by their times, blocked, held and running ones,
    /// then ended ones, newest last.
    func find(in spool: SpoolDirectory) throws(SpoolError) -> JobList {
        var found = JobList()
        var names = SeenNames()
        let movements = try Movements(spool)
        // Named before, and read after the jobs: what is admitted meanwhile is shown as a job.
        let dropped = filter.wants(.incoming) ? try DropIns(spool.storage).paths() : []
        // In the order in which a job goes on, so that one that moves meanwhile isn't missed.
        for place in [Place.held, .blocked, .scheduled, .incoming, .running]
        where filter.wants(place) {
            let taken = try read(
                [place], limit: place == .running ? .max : limits.waiting, isNewestFirst: false,
                spool, &names, &found.others)
            found.entries += taken.entries
            found.unread.waiting += taken.unread
            guard place == .incoming else { continue }
            let room = max(0, limits.waiting - taken.entries.count)
            let others = DropIns(spool.storage).entries(at: dropped, limit: room) {
                fits($0, &found.others)
            }
            found.entries += others.entries
            found.unread.waiting += others.unread
        }
        let ended = Place.allCases.filter { $0.isEnded && filter.wants($0) }
        let newest = try read(
            ended, limit: limits.ended, isNewestFirst: true, spool, &names, &found.others)
        found.unread.ended = newest.unread
        if filter.wants(.deadLetter) && filter.fitsRejectedFiles {
            found.entries += try RejectedFiles(spool.storage).all()
        }
        // A job may have moved on between two looks: its last place counts. A copy made by hand is still there.
        var last: [JobID: Int] = [:]
        var all = found.entries + newest.entries.reversed()
        try addMissed(to: &all, names, movements, unread: found.unread.waiting)
        for (index, entry) in all.enumerated() {
            if let id = entry.id { last[id] = index }
        }
        found.entries = []
        for (index, entry) in all.enumerated() {
            if let location = entry.location, let later = last[location.id], later != index {
                // If its later place is empty, it has gone back.
                guard try spool.storage.isThere(all[later].path) else { continue }
                guard try spool.storage.isThere(location.path) else { continue }
            }
            found.entries.append(entry)
        }
        found.entries = ListSearch.sections.flatMap { states in
            found.entries.filter { states.contains($0.state) }
        }
        return found
    }

    /// The parts of a list, in their order.
    private static let sections: [Set<JobState>] = [
        [.queued], [.scheduled, .retrying], [.blocked], [.held], [.running],
        JobFilter.failed.union([.completed, .cancelled]),
    ]

    /// The first that fit, and how many files weren't looked at for the limit.
    private func read(
        _ places: [Place], limit: Int, isNewestFirst: Bool, _ spool: SpoolDirectory,
        _ names: inout SeenNames, _ others: inout OtherProjects
    ) throws(SpoolError) -> (entries: [JobEntry], unread: Int) {
        // Most often the first ones do, of which there may be a million; else all are needed.
        for size in limit < 1 << 20 ? [limit + 1000, .max] : [.max] {
            let window = try JobCounts(spool.storage).window(
                of: places, limit: size, isNewestFirst: isNewestFirst)
            var seen = others
            let read = read(window.first, limit: limit, spool, &names, &seen)
            guard read.entries.count >= limit || window.first.count == window.count else {
                continue
            }
            others = seen
            return (read.entries, window.count - read.read)
        }
        return ([], 0)
    }

    /// - Returns: also how many files were looked at for that.
    private func read(
        _ locations: [JobLocation], limit: Int, _ spool: SpoolDirectory,
        _ names: inout SeenNames, _ others: inout OtherProjects
    ) -> (entries: [JobEntry], read: Int) {
        var entries: [JobEntry] = []
        for (index, location) in locations.enumerated() {
            if entries.count >= limit { return (entries, index) }
            names.seen.insert(location.id)
            guard let entry = JobReader(spool.storage).entry(at: location) else {
                // An ended job that is gone was removed, most likely.
                if !location.place.isEnded { names.lost.insert(location.id) }
                continue
            }
            if fits(entry, &others) { entries.append(entry) }
        }
        return (entries, locations.count)
    }

    // MARK: Jobs that have gone back

    /// The ids that were met, and those of them whose files had moved before they were read.
    private struct SeenNames {
        var seen: Set<JobID> = []
        var lost: Set<JobID> = []
    }

    /// Tells whether jobs have moved since it was made.
    private struct Movements {
        let spool: SpoolDirectory
        private let before: [Int64]
        private let begin = Clock.realtime()

        init(_ spool: SpoolDirectory) throws(SpoolError) {
            self.spool = spool
            before = try Movements.times(in: spool)
        }

        private static func times(in spool: SpoolDirectory) throws(SpoolError) -> [Int64] {
            try Place.allCases.filter { $0 != .done }.map { place throws(SpoolError) in
                try spool.storage.status(of: place.directory)?.modified ?? 0
            }
        }

        func areThere() throws(SpoolError) -> Bool {
            let now = try Movements.times(in: spool)
            // The clock of a file system may tick a hundred times a second only.
            return now != before || now.contains { $0 > begin - 20_000_000 }
        }
    }

    /// Adds the jobs that went back to a place after it was listed, as for their next attempts. They are looked for only
    /// if something has moved meanwhile, and several times: such a job may go back again.
    ///
    /// - Parameter unread: how many waiting jobs the limit has left unread; if any, no other names are looked for.
    private func addMissed(
        to entries: inout [JobEntry], _ names: SeenNames, _ movements: Movements, unread: Int
    ) throws(SpoolError) {
        var names = names
        let storage = movements.spool.storage
        let places = Place.allCases.filter { !$0.isEnded && filter.wants($0) }
        names.lost.subtract(entries.compactMap(\.id))
        for _ in 0..<3 {
            var missed = names.lost
            if unread == 0, try movements.areThere() {
                for location in try Listing(storage).locations(in: places)
                where !names.seen.contains(location.id) {
                    missed.insert(location.id)
                }
            } else if missed.isEmpty {
                return
            }
            guard !missed.isEmpty else { continue }
            for location in try Lookup(storage).locate(missed).values {
                guard let entry = try JobReader(storage).entry(following: location) else {
                    continue
                }
                names.seen.insert(location.id)
                names.lost.remove(location.id)
                insert(entry, into: &entries)
            }
        }
    }

    /// To the jobs of its place, in their order.
    private func insert(_ entry: JobEntry, into entries: inout [JobEntry]) {
        guard let name = entry.location?.name, let place = entry.location?.place,
            filter.wants(place), case .fits = filter.match(entry)
        else { return }
        let limit = place.isEnded ? limits.ended : place.isWaiting ? limits.waiting : .max
        guard entries.count(where: { $0.location?.place == place }) < limit else { return }
        let next = entries.firstIndex {
            $0.location.map { $0.place == place && name < $0.name } ?? false
        }
        let last = entries.lastIndex { $0.location?.place == place }
        entries.insert(entry, at: next ?? last.map { $0 + 1 } ?? entries.endIndex)
    }

    private func fits(_ entry: JobEntry, _ others: inout OtherProjects) -> Bool {
        switch filter.match(entry) {
        case .fits: return true
        case .elsewhere(let project): others.add(project)
        case .differs: break
        }
        return false
    }
}

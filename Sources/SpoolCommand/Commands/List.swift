import Spool

let listCommand = CommandTable(
    "list", "show the jobs of this project",
    options: JobFilter.options + [
        Option(
            "limit", "n", "COUNT",
            "so many ended jobs at most (default: 20), and so many waiting ones (default: 100); or"
                + " all"),
        Option("ids", nil, nil, "only the ids, a line each"),
        Option("json", nil, nil, "a JSON object a line"),
    ]
) { invocation throws(SpoolError) in
    try invocation.refuseOperands()
    if invocation.has("ids"), invocation.has("json") {
        throw .usage("--ids and --json exclude each other")
    }
    let filter = try JobFilter(invocation)
    let limits = try ListLimits(invocation)
    guard let spoolDirectory = try invocation.openSpoolIfThere() else {
        invocation.console.say("no jobs: there is no spool at \(try invocation.spoolPath()) yet")
        return ExitStatus.success
    }
    let list = JobList(filter: try filter.scoped(in: spoolDirectory), limits: limits)
    return try list.show(spoolDirectory, invocation)
}

/// How many jobs a list shows.
struct ListLimits {
    let waiting: Int
    let ended: Int

    static let none = ListLimits(waiting: .max, ended: .max)

    private init(waiting: Int, ended: Int) {
        self.waiting = waiting
        self.ended = ended
    }

    /// Programs and pipes get all, and so does who asks for it; people get what a few screens hold.
    init(_ invocation: Invocation) throws(SpoolError) {
        let wanted: Int? = try invocation.value("limit", "a number from 0 on, or all,") { text in
            if text == "all" { return .max }
            return Int(text).flatMap { $0 >= 0 ? $0 : nil }
        }
        let isForPeople = !invocation.has("json") && !invocation.has("ids")
        waiting = wanted ?? (isForPeople ? 100 : .max)
        ended = wanted ?? (isForPeople ? 20 : .max)
    }
}

/// The jobs that fit, in the order in which people look for them.
struct JobList {
    let filter: JobFilter
    let limits: ListLimits

    func show(
        _ spoolDirectory: SpoolDirectory, _ invocation: Invocation
    ) throws(SpoolError) -> Int32 {
        let console = invocation.console
        let found = try find(in: spoolDirectory)
        if invocation.has("json") {
            for entry in found.entries { try console.print(try JobTable.json(entry)) }
        } else if invocation.has("ids") {
            for id in found.entries.compactMap(\.id) { try console.print(id.description) }
        } else {
            try tellPauses(spoolDirectory, console)
            if !found.entries.isEmpty {
                let now = spoolDirectory.now()
                for line in JobTable.lines(found.entries, now: now, console: console) {
                    try console.printStyled(line)
                }
                try console.print(JobTable.total(found.entries))
            }
        }
        try console.flush()
        if found.entries.isEmpty {
            let isAll = filter.project == nil && !filter.isNarrow
            let text = isAll ? "no jobs" : "no such jobs here"
            console.say(([text] + [found.others.text].compactMap(\.self)).joined(separator: "; "))
        } else if let text = found.others.text {
            console.say(text)
        }
        let left = [(found.unread.waiting, "waiting"), (found.unread.ended, "ended")]
            .filter { $0.0 > 0 }.map { MessageText.count($0.0, "more \($0.1) job") }
        if !left.isEmpty {
            console.say(
                "and \(left.joined(separator: " and ")); --limit COUNT or --limit all shows them")
        }
        return ExitStatus.success
    }

    private func tellPauses(
        _ spoolDirectory: SpoolDirectory, _ console: Console
    ) throws(SpoolError) {
        let pauses = try spoolDirectory.pauses()
        if pauses.isEverything {
            console.say("all queues are paused; 'spool resume' lets them go on")
        } else if !pauses.isEmpty {
            console.say("paused queues: \(pauses.queues.sorted().joined(separator: ", "))")
        }
    }

    struct Found {
        var entries: [JobEntry] = []
        /// How many files of waiting and ended jobs the limits left unread.
        var unread = (waiting: 0, ended: 0)
        var others = OtherProjects()
    }

    /// Waiting ones in the order in which they are to run, then running ones, then ended ones, newest last.
    func find(in spoolDirectory: SpoolDirectory) throws(SpoolError) -> Found {
        var found = Found()
        // Named before, and read after the jobs: what is admitted meanwhile is shown as a job.
        let dropped = filter.wants(.incoming) ? try spoolDirectory.dropInPaths() : []
        for place in [Place.held, .blocked, .scheduled, .incoming, .running]
        where filter.wants(place) {
            let taken = try read(
                [place], limit: place == .running ? .max : limits.waiting, isNewestFirst: false,
                spoolDirectory, &found.others)
            found.entries += taken.entries
            found.unread.waiting += taken.unread
            guard place == .incoming else { continue }
            let room = max(0, limits.waiting - taken.entries.count)
            let others = spoolDirectory.dropIns(at: dropped, limit: room) {
                fits($0, &found.others)
            }
            found.entries += others.entries
            found.unread.waiting += others.unread
        }
        let ended = Place.allCases.filter { $0.isEnded && filter.wants($0) }
        let newest = try read(
            ended, limit: limits.ended, isNewestFirst: true, spoolDirectory, &found.others)
        found.unread.ended = newest.unread
        if filter.wants(.deadLetter) && filter.fitsRejectedFiles {
            found.entries += try spoolDirectory.rejectedFiles()
        }
        // A job may have moved on between two looks: where it was last counts. A copy made by hand is still there.
        var last: [JobID: Int] = [:]
        let all = found.entries + newest.entries.reversed()
        for (index, entry) in all.enumerated() {
            if let id = entry.id { last[id] = index }
        }
        found.entries = []
        for (index, entry) in all.enumerated() {
            if let location = entry.location, last[location.id] != index,
                try !spoolDirectory.exists(location)
            {
                continue
            }
            found.entries.append(entry)
        }
        return found
    }

    /// The first that fit, and how many files weren't looked at for the limit.
    private func read(
        _ places: [Place], limit: Int, isNewestFirst: Bool, _ spoolDirectory: SpoolDirectory,
        _ others: inout OtherProjects
    ) throws(SpoolError) -> (entries: [JobEntry], unread: Int) {
        // Most often the first ones do, of which there may be a million; else all are needed.
        for size in limit < 1 << 20 ? [limit + 1000, .max] : [.max] {
            let window = try spoolDirectory.window(
                of: places, limit: size, isNewestFirst: isNewestFirst)
            var seen = others
            let read = read(window.first, limit: limit, spoolDirectory, &seen)
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
        _ locations: [JobLocation], limit: Int, _ spoolDirectory: SpoolDirectory,
        _ others: inout OtherProjects
    ) -> (entries: [JobEntry], read: Int) {
        var entries: [JobEntry] = []
        for (index, location) in locations.enumerated() {
            if entries.count >= limit { return (entries, index) }
            guard let entry = spoolDirectory.entry(at: location) else { continue }
            if fits(entry, &others) { entries.append(entry) }
        }
        return (entries, locations.count)
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

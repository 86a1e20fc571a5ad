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

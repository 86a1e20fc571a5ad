import Spool

/// `spool list`.
struct ListView {
    private let isJSON: Bool
    private let showsIDs: Bool

    init(_ invocation: Invocation) {
        isJSON = invocation.has("json")
        showsIDs = invocation.has("ids")
    }

    func show(_ list: JobList, _ console: Console) throws(SpoolError) {
        if isJSON {
            for entry in list.entries { try console.print(try JobTable.json(entry)) }
        } else if showsIDs {
            for id in list.entries.compactMap(\.id) { try console.print(id.description) }
        } else {
            sayPauses(list.pauses, console)
            if !list.entries.isEmpty {
                for line in JobTable.lines(list.entries, now: list.time, console: console) {
                    try console.printStyled(line)
                }
                try console.print(JobTable.total(list.entries))
            }
        }
        try console.flush()
        sayRest(list, console)
    }

    /// - Parameter path: where nobody has made a spool yet.
    func sayNothing(at path: String, _ console: Console) {
        console.say("no jobs: there is no spool at \(path) yet")
    }

    private func sayPauses(_ pauses: Pauses, _ console: Console) {
        if pauses.isEverything {
            console.say("all queues are paused; 'spool resume' lets them go on")
        } else if !pauses.isEmpty {
            console.say("paused queues: \(pauses.queues.sorted().joined(separator: ", "))")
        }
    }

    /// Says how many jobs the list leaves out.
    private func sayRest(_ list: JobList, _ console: Console) {
        let others = list.others.text(Invocation.option(for: .isOfAll))
        if list.entries.isEmpty {
            let text = list.isOfAll ? "no jobs" : "no such jobs here"
            console.say(([text] + [others].compactMap(\.self)).joined(separator: "; "))
        } else if let text = others {
            console.say(text)
        }
        let left = [(list.unread.waiting, "waiting"), (list.unread.ended, "ended")]
            .filter { $0.0 > 0 }.map { MessageText.count($0.0, "more \($0.1) job") }
        if !left.isEmpty {
            console.say(
                "and \(left.joined(separator: " and ")); --limit COUNT or --limit all shows them")
        }
    }
}

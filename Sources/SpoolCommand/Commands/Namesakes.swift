import Spool

/// The choice among jobs of one name, as an entry that recurs makes them: for commands that only show jobs.
package struct Namesakes {
    let isAll: Bool
    /// Counted from the newest, 1 for that one; nil: the newest, which is said.
    let number: Int?

    static let options = [
        Option("all", nil, nil, "if several jobs have the name, all of them, the oldest first"),
        Option(
            "nth", nil, "NUMBER", "if several jobs have the name, this one, counted from the newest"
        ),
    ]

    package init(isAll: Bool = false, number: Int? = nil) {
        self.isAll = isAll
        self.number = number
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        if invocation.operands.isEmpty {
            for option in ["all", "nth"] where invocation.has(option) {
                throw .usage("--\(option) is about jobs of one name: name them")
            }
        }
        try invocation.refuse("all", with: "nth")
        isAll = invocation.has("all")
        number = try invocation.number("nth", 1...Int(Int32.max))
    }
}

extension JobNames {
    /// The subjects of the names, each once.
    func subjects(
        _ operands: [String], _ namesakes: Namesakes
    ) throws(SpoolError) -> [Subject] {
        do throws(SpoolError) {
            let found = try subjects(operands)
            guard let name = operands.first else { return found }
            try refuseOthers(name, namesakes)
            return found
        } catch {
            guard !operands.contains("-") else { throw error }
            if let name = error.missingJob, let advice = entryAdvice(name) {
                throw SpoolError(.notFound, advice)
            }
            guard error.code == .ambiguous else { throw error }
        }
        var found: [Subject] = []
        var seen: Set<String> = []
        for name in operands {
            for subject in try subjects(named: name, namesakes)
            where seen.insert(subject.path).inserted {
                found.append(subject)
            }
        }
        return found
    }

    /// A name that one job has has no second one.
    private func refuseOthers(
        _ name: String, _ namesakes: Namesakes
    ) throws(SpoolError) {
        guard let number = namesakes.number, number > 1 else { return }
        throw SpoolError(
            .notFound, "\"\(name)\" fits 1 job; \(context.word(.number)) 1 is that one")
    }

    /// Advice about a name that no job has, if an entry that recurs has it, or begins so.
    private func entryAdvice(_ name: String) -> String? {
        guard let entry = try? CronEntries(in: spool).find(name) else { return nil }
        guard entry.name == name else {
            return "no job \"\(name)\"; the entry that begins so is called \(entry.name)"
        }
        return "the entry \(name) has no job: 'spool cron next \(name)' says when it is due,"
            + " 'spool cron run \(name)' queues one now"
    }

    private func subjects(
        named name: String, _ namesakes: Namesakes
    ) throws(SpoolError) -> [Subject] {
        do throws(SpoolError) {
            let only = try subjects([name])
            try refuseOthers(name, namesakes)
            return only
        } catch {
            guard error.code == .ambiguous else { throw error }
            let all = try Resolver(spool.storage).jobs(named: name)
            // A part of an id means that one.
            guard let newest = all.first, all.count > 1 else { throw error }
            if namesakes.isAll { return all.reversed().map { .job($0) } }
            let count = MessageText.count(all.count, "job")
            guard let number = namesakes.number else {
                context.remark(
                    "\"\(name)\" fits \(count); this is the newest, \(newest.id)"
                        + " (\(context.word(.number)) 2 shows the one before,"
                        + " \(context.word(.isAll)) shows all)")
                return [.job(newest)]
            }
            guard (1...all.count).contains(number) else {
                throw SpoolError(
                    .notFound, "\"\(name)\" fits \(count); there is no number \(number) of them")
            }
            return [.job(all[number - 1])]
        }
    }
}

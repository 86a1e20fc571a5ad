import Spool

/// Several jobs of one name, as an entry that recurs makes them, where a command only shows them.
extension Invocation {
    static let namesakes = [
        Option("all", nil, nil, "of several jobs with the name all, the oldest first"),
        Option("nth", nil, "NUMBER", "of several with the name this one, counted from the newest"),
    ]

    func refuseNamesakes() throws(SpoolError) {
        for option in ["all", "nth"] where has(option) {
            throw .usage("--\(option) is about jobs of one name: name them")
        }
    }

    /// What the operands mean, each once. Of several jobs with one name it is the newest, which is said.
    func subjectsToShow(in spoolDirectory: SpoolDirectory) throws(SpoolError) -> [Subject] {
        if has("all"), has("nth") { throw .usage("--all and --nth exclude each other") }
        let nth = try number("nth", 1...Int(Int32.max))
        do throws(SpoolError) {
            let found = try subjects(in: spoolDirectory)
            guard let nth, nth > 1, let name = operands.first else { return found }
            throw SpoolError(.notFound, "\"\(name)\" fits 1 job; --nth 1 is that one")
        } catch {
            guard !operands.contains("-") else { throw error }
            if error.code == .notFound, let advice = entryAdvice(error, in: spoolDirectory) {
                throw SpoolError(.notFound, advice)
            }
            guard error.code == .ambiguous else { throw error }
        }
        var found: [Subject] = []
        var seen: Set<String> = []
        for name in operands {
            for subject in try subjects(named: name, nth: nth, in: spoolDirectory)
            where seen.insert(subject.path).inserted {
                found.append(subject)
            }
        }
        return found
    }

    /// What to say of a name that no job has, where an entry that recurs has it, or one begins so.
    private func entryAdvice(_ fault: SpoolError, in spoolDirectory: SpoolDirectory) -> String? {
        guard let name = operands.first(where: { fault.message.hasPrefix("no job \"\($0)\" ") }),
            let entry = try? CronEntries(in: spoolDirectory).find(name)
        else { return nil }
        guard entry.name == name else {
            return "no job \"\(name)\"; the entry that begins so is called \(entry.name)"
        }
        return "the entry \(name) has no job: 'spool cron next \(name)' says when it is due,"
            + " 'spool cron run \(name)' queues one now"
    }

    private func subjects(
        named name: String, nth: Int?, in spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> [Subject] {
        do throws(SpoolError) {
            let only = try with(operands: [name]).subjects(in: spoolDirectory)
            guard let nth, nth > 1 else { return only }
            throw SpoolError(.notFound, "\"\(name)\" fits 1 job; --nth 1 is that one")
        } catch {
            guard error.code == .ambiguous else { throw error }
            let namesakes = try spoolDirectory.jobs(named: name)
            // Parts of ids: whoever writes one means that one.
            guard let newest = namesakes.first, namesakes.count > 1 else { throw error }
            if has("all") { return namesakes.reversed().map { .job($0) } }
            let count = MessageText.count(namesakes.count, "job")
            guard let nth else {
                console.say(
                    "\"\(name)\" fits \(count); this is the newest, \(newest.id)"
                        + " (--nth 2 shows the one before, --all shows all)")
                return [.job(newest)]
            }
            guard nth <= namesakes.count else {
                throw SpoolError(
                    .notFound, "\"\(name)\" fits \(count); there is no number \(nth) of them")
            }
            return [.job(namesakes[nth - 1])]
        }
    }
}

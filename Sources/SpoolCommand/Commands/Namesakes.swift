import Spool

/// Several jobs of one name, as an entry that recurs makes them, where a command only shows them.
extension Invocation {
    static let namesakes = [
        Option("all", nil, nil, "of several jobs with the name all, the oldest first"),
        Option("nth", nil, "NUMBER", "of several with the name this one, counted from the newest"),
    ]

    func refuseNamesakes() throws(CommandFailure) {
        for option in ["all", "nth"] where has(option) {
            throw .usage("--\(option) is about jobs of one name: name them")
        }
    }

    /// The jobs that the operands mean, each once. Of several with one name it is the newest, which is said.
    func jobsToShow(in spoolDirectory: SpoolDirectory) throws(CommandFailure) -> [JobLocation] {
        if has("all"), has("nth") { throw .usage("--all and --nth exclude each other") }
        guard !operands.isEmpty, !operands.contains("-") else {
            return try jobs(in: spoolDirectory)
        }
        let nth = try number("nth", 1...Int(Int32.max))
        var found: [JobLocation] = []
        var seen: Set<JobID> = []
        for name in operands {
            let meant = try spool { () throws(SpoolError) in
                try jobs(named: name, nth: nth, in: spoolDirectory)
            }
            for location in meant where seen.insert(location.id).inserted {
                found.append(location)
            }
        }
        return found
    }

    private func jobs(
        named name: String, nth: Int?, in spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> [JobLocation] {
        do throws(SpoolError) {
            let only = try spoolDirectory.find(name)
            guard let nth, nth > 1 else { return [only] }
            throw SpoolError(.notFound, "\"\(name)\" fits 1 job; --nth 1 is that one")
        } catch {
            guard error.code == .ambiguous else { throw error }
            let namesakes = try spoolDirectory.jobs(named: name)
            // Parts of ids: whoever writes one means that one.
            guard let newest = namesakes.first else { throw error }
            if has("all") { return namesakes.reversed() }
            let count = MessageText.count(namesakes.count, "job")
            guard let nth else {
                console.say(
                    "\"\(name)\" fits \(count); this is the newest, \(newest.id)"
                        + " (--nth 2 shows the one before, --all shows all)")
                return [newest]
            }
            guard nth <= namesakes.count else {
                throw SpoolError(
                    .notFound, "\"\(name)\" fits \(count); there is no number \(nth) of them")
            }
            return [namesakes[nth - 1]]
        }
    }
}

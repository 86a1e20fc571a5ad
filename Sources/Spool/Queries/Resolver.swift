import SpoolSystem

/// Finds the jobs that people mean.
package struct Resolver: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Finds the job that a person means: by its id, any unique beginning or end of it, its name, or its file's name.
    /// If the text is short, a name wins over a part of an id, which might be anybody's.
    ///
    /// - Throws: `.notFound`; `.ambiguous`, with the matches in the message.
    package func find(_ text: String) throws(SpoolError) -> JobLocation {
        guard let found = try resolve([text])[text] else { throw notFound(text) }
        return found
    }

    /// The same for many texts: directories that have to be listed, and files that have to be read, are so once for all
    /// of them.
    ///
    /// - Parameters:
    ///   - states: if several jobs have a name, and one of them alone may be in one of these, it is meant.
    ///   - note: told of each text of which that is so, and of the job that is meant.
    /// - Returns: a job for each text, in their order.
    package func find(
        _ texts: [String], preferring states: Set<JobState> = [],
        note: (String, JobLocation) -> Void = { _, _ in }
    ) throws(SpoolError) -> [JobLocation] {
        let found = try resolve(texts, preferring: Set(states.map(\.place)), note)
        return try texts.map { text throws(SpoolError) in
            guard let location = found[text] else { throw notFound(text) }
            return location
        }
    }

    private func notFound(_ text: String) -> SpoolError {
        SpoolError(
            missingJob: text,
            "no job \"\(text)\" in \(storage.path); 'spool list --all' shows what there is")
    }

    private func resolve(
        _ texts: [String], preferring places: Set<Place> = [],
        _ note: (String, JobLocation) -> Void = { _, _ in }
    ) throws(SpoolError) -> [String: JobLocation] {
        var found: [String: JobLocation] = [:]
        // A job that goes back to an earlier place while we look may be missed once, not again and again.
        for _ in 0..<3 {
            let open = texts.filter { found[$0] == nil }
            if open.isEmpty { break }
            found.merge(try search(open, places, note)) { first, _ in first }
        }
        return found
    }

    private func search(
        _ texts: [String], _ preferred: Set<Place>, _ note: (String, JobLocation) -> Void
    ) throws(SpoolError) -> [String: JobLocation] {
        var ids: [String: JobID] = [:]
        var others: [String] = []
        for text in texts {
            let name = text.split(separator: "/").last.flatMap { JobFileName($0) }
            if let id = JobID(text) ?? name?.id { ids[text] = id } else { others.append(text) }
        }
        let places = try Lookup(storage).locate(Set(ids.values))
        var found = ids.compactMapValues { places[$0] }
        guard !others.isEmpty else { return found }
        let all = try Listing(storage).locations()
        func findParts(_ texts: [String]) throws(SpoolError) {
            let parts = texts.filter { found[$0] == nil && JobID.couldBePart($0) }
            let byPart = matches(of: parts, in: all)
            for text in parts {
                let matches = byPart[text.uppercased()] ?? []
                found[text] = try single(matches, for: text, [], "write more of the id")
            }
        }
        // All files are read for names.
        func findNames(_ texts: [String]) throws(SpoolError) {
            let names = texts.filter { found[$0] == nil }
            guard !names.isEmpty else { return }
            let byName = try named(Set(names), in: all)
            for name in names {
                let matches = byName[name] ?? []
                let meant = try single(matches, for: name, preferred, "write an id")
                found[name] = meant
                if let meant, matches.contains(where: { $0.id != meant.id }) { note(name, meant) }
            }
        }
        let short = others.filter { $0.utf8.count < Resolver.longPart }
        try findParts(others.filter { $0.utf8.count >= Resolver.longPart })
        try findNames(others)
        try findParts(short)
        return found
    }

    /// From so many characters on, no part of an id is a name by chance. Lists show as many at least.
    private static let longPart = 6

    /// Jobs whose ids begin or end with one of these parts, by the part in upper case.
    private func matches(
        of parts: [String], in all: [JobLocation]
    ) -> [String: [JobLocation]] {
        let wanted = Set(parts.map { $0.uppercased() })
        let lengths = Set(wanted.map(\.utf8.count))
        var matches: [String: [JobLocation]] = [:]
        guard !wanted.isEmpty else { return matches }
        for location in all {
            let id = location.id.description
            for length in lengths {
                let (head, tail) = (String(id.prefix(length)), String(id.suffix(length)))
                if wanted.contains(head) { matches[head, default: []].append(location) }
                if tail != head, wanted.contains(tail) {
                    matches[tail, default: []].append(location)
                }
            }
        }
        return matches
    }

    /// Jobs by their own names or their entries', newest first. Their files must be read for that.
    private func named(
        _ names: Set<String>, in all: [JobLocation]
    ) throws(SpoolError) -> [String: [JobLocation]] {
        var found: [String: [JobLocation]] = [:]
        var failure: SpoolError?
        var open = all
        // Jobs that move on meanwhile are looked up together. If they weren't, each of them would list directories.
        for _ in 0..<3 {
            var moved: Set<JobID> = []
            for location in open {
                do throws(SpoolError) {
                    switch try JobReader(storage).look(at: location) {
                    case .job(let job):
                        for name in Set([job.name, job.cron?.entry].compactMap(\.self))
                        where names.contains(name) {
                            found[name, default: []].append(location)
                        }
                    case .moved: moved.insert(location.id)
                    case .noJob: break
                    }
                } catch {
                    failure = failure ?? error
                }
            }
            if moved.isEmpty { break }
            open = Array(try Lookup(storage).locate(moved).values)
        }
        // A file that can't be read may be the one that is meant, unless another one is.
        if let failure, !names.isSubset(of: found.keys) { throw failure }
        return found.mapValues { $0.sorted { $0.id > $1.id } }
    }

    /// All jobs of a name, or of a recurring entry, newest first, each once: at its last location.
    package func jobs(named name: String) throws(SpoolError) -> [JobLocation] {
        var last: [JobID: JobLocation] = [:]
        let found = try named([name], in: try Listing(storage).locations())[name] ?? []
        for location in found { last[location.id] = location }
        var seen: Set<JobID> = []
        return found.compactMap { seen.insert($0.id).inserted ? last[$0.id] : nil }
    }

    /// - Parameters:
    ///   - preferred: if several jobs fit, and one of them alone lies in one of these, it is meant.
    ///   - advice: what helps if several jobs fit.
    private func single(
        _ matches: [JobLocation], for text: String, _ preferred: Set<Place>, _ advice: String
    ) throws(SpoolError) -> JobLocation? {
        let ids = Set(matches.map(\.id))
        if ids.count <= 1 { return matches.first }
        let preferable = matches.filter { preferred.contains($0.place) }
        if Set(preferable.map(\.id)).count == 1 { return preferable.first }
        let shown = ids.sorted().suffix(10).map { id in
            let entry = matches.first { $0.id == id }.flatMap { JobReader(storage).entry(at: $0) }
            return "  \(id) \(entry?.state.rawValue ?? "") \(entry?.job?.title ?? "")"
        }
        let rest = ids.count > 10 ? "\n  and \(ids.count - 10) older ones" : ""
        throw SpoolError(
            .ambiguous,
            "\"\(text)\" fits \(ids.count) jobs; \(advice):\n"
                + shown.joined(separator: "\n") + rest)
    }

    /// The job that was submitted last, of those that `isWanted`.
    package func newest(
        where isWanted: (Job) -> Bool = { _ in true }
    ) throws(SpoolError) -> JobLocation? {
        for location in try Listing(storage).locations().sorted(by: { $0.id > $1.id }) {
            if let found = try JobReader(storage).follow(location), isWanted(found.job) {
                return found.location
            }
        }
        return nil
    }
}

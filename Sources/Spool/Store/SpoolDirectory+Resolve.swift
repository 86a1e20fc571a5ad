import SpoolSchedule
import SpoolSystem

extension SpoolDirectory {
    /// Finds the job that a person means: by its id, by any unique beginning or end of it, by its name, or
    /// by its file's name.
    ///
    /// - Throws: `.notFound`; `.ambiguous`, with the matches in the message.
    public func find(_ text: String) throws(SpoolError) -> JobLocation {
        // A job that goes back to an earlier place while we look may be missed once, not again and again.
        for _ in 0..<3 {
            if let found = try search(text) { return found }
        }
        throw SpoolError(
            .notFound, "no job \"\(text)\" in \(path); 'spool list --all' shows what there is")
    }

    private func search(_ text: String) throws(SpoolError) -> JobLocation? {
        if let id = JobID(text) { return try locate(id).first }
        if let name = text.split(separator: "/").last.flatMap({ JobFileName($0) }) {
            return try locate(name.id).first
        }
        if JobID.couldBePart(text) {
            let part = text.uppercased()
            let matches = try locations().filter {
                let id = $0.id.description
                return id.hasPrefix(part) || id.hasSuffix(part)
            }
            if let only = try single(matches, for: text) { return only }
        }
        return try single(try named(text), for: text)
    }

    /// Jobs by their own name or their entry's, newest first. Their files must be read for that.
    private func named(_ name: String) throws(SpoolError) -> [JobLocation] {
        var found: [JobLocation] = []
        var failure: SpoolError?
        for location in try locations().sorted(by: { $0.id > $1.id }) {
            do throws(SpoolError) {
                guard let job = try readIfJob(location) else { continue }
                if job.name == name || job.cron?.entry == name { found.append(location) }
            } catch {
                failure = failure ?? error
            }
        }
        // One that can't be read may be the one that is meant, unless another one is.
        if found.isEmpty, let failure { throw failure }
        return found
    }

    /// All jobs of a name, or of a recurring entry, newest first, each once: where it lies last.
    package func jobs(named name: String) throws(SpoolError) -> [JobLocation] {
        var last: [JobID: JobLocation] = [:]
        let found = try named(name)
        for location in found { last[location.id] = location }
        var seen: Set<JobID> = []
        return found.compactMap { seen.insert($0.id).inserted ? last[$0.id] : nil }
    }

    private func single(
        _ matches: [JobLocation], for text: String
    ) throws(SpoolError) -> JobLocation? {
        let ids = Set(matches.map(\.id))
        if ids.count <= 1 { return matches.last }
        let shown = ids.sorted().suffix(10).map { id in
            let entry = matches.first { $0.id == id }.flatMap { self.entry(at: $0) }
            return "  \(id) \(entry?.state.rawValue ?? "") \(entry?.job?.title ?? "")"
        }
        let rest = ids.count > 10 ? "\n  and \(ids.count - 10) older ones" : ""
        throw SpoolError(
            .ambiguous,
            "\"\(text)\" fits \(ids.count) jobs; write more of the id:\n"
                + shown.joined(separator: "\n") + rest)
    }

    /// The job that was submitted last, of those that `isWanted`.
    package func newest(
        where isWanted: (Job) -> Bool = { _ in true }
    ) throws(SpoolError) -> JobLocation? {
        for location in try locations().sorted(by: { $0.id > $1.id }) {
            if let job = try readIfJob(location), isWanted(job) { return location }
        }
        return nil
    }
}

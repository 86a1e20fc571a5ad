/// The jobs of a spool that a filter means.
struct FilteredJobs: Sendable {
    private let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// Newest first. A job that moves on meanwhile is there once, as it was when it was read.
    ///
    /// - Parameter limit: how many at most; nil: all.
    func all(_ filter: Job.Filter, limit: Int?) throws(SpoolError) -> [JobEntry] {
        let places = filter.states.map { states in
            Place.allCases.filter { place in states.contains { $0.place == place } }
        }
        var found: [JobEntry] = []
        var seen: Set<JobID> = []
        let locations = try Listing(storage).locations(in: places ?? Place.allCases)
        for location in locations.sorted(by: { $0.id > $1.id }) {
            if let limit, found.count >= limit { break }
            guard !seen.contains(location.id),
                let entry = try JobReader(storage).entry(following: location), filter.fits(entry)
            else { continue }
            seen.insert(location.id)
            found.append(entry)
        }
        return found
    }
}

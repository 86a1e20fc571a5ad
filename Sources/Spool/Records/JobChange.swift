import SpoolSystem

/// The beginning and the end of a change that a person asks for. Each change does what `mv` and `rm` would, with the
/// record kept.
package struct JobChange: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Locks a job that waits or has ended, wherever it lies, for a change by a person. A job under another form of
    /// name gets its proper name first. A copy of another job gets an id of its own.
    ///
    /// - Parameter known: where it lay a moment ago; nil: that isn't known.
    /// - Throws: `.wrongState` if it lies in none of `places`; `message` says what it is then.
    func lock(
        _ id: JobID, at known: JobLocation?, in places: [Place], for verb: String
    ) throws(SpoolError) -> LockedJob {
        var last = known
        for _ in 0..<50 {
            guard let location = try Lookup(storage).locate(id, after: last) else {
                throw SpoolError(.notFound, "\(storage.path): there is no job \(id) any more")
            }
            last = location
            try require(location, in: places, for: verb)
            switch try Inspect(storage).inspect(location.path, isDropIn: false) {
            case .job(let job, let file):
                let locked = LockedJob(
                    file: file, location: location, job: job.completed(from: location))
                if !location.name.fits(location.place) {
                    try move(locked, to: locked.properLocation(now: storage.now()), .repair)
                }
                if try Copies(storage).isCopy(locked, job),
                    try Copies(storage).giveOwnID(to: locked) != .moved
                {
                    continue
                }
                // The change may write down that a new round has begun: nothing says then that an old request is void.
                if location.place.isWaiting, job.state?.isFinal == true {
                    try CancelRequests(storage).withdrawOutlived(by: locked, isAfterRetry: true)
                }
                return locked
            case .unfit(let reason):
                throw SpoolError(.invalidJob, "\(storage.path)/\(location.path): \(reason)")
            case .undecided:
                throw SpoolError(
                    .invalidJob,
                    "\(storage.path)/\(location.path): it isn't a job, and was changed just now;"
                        + " 'spool submit --check' says what is wrong")
            case .gone, .busy, .beingWritten:
                // A worker or another person has it this very moment; it is about to move on.
                Sleep.briefly()
            }
        }
        throw SpoolError(
            .busy, "\(id): somebody else keeps its file open; 'fuser' tells who, try again later")
    }

    /// - Throws: `.wrongState` if a job lies in none of the places that a verb fits.
    package func require(
        _ location: JobLocation, in places: [Place], for verb: String
    ) throws(SpoolError) {
        guard !places.contains(location.place) else { return }
        let state =
            JobReader(storage).entry(at: location)?.state.rawValue ?? location.place.rawValue
        let fitting = places.map { $0.directory + "/" }.joined(separator: ", ")
        throw SpoolError(
            .wrongState, "\(location.id) is \(state): \(verb) fits jobs in \(fitting) alone")
    }

    /// Moves it, or says that it has just gone.
    func move(
        _ locked: LockedJob, to target: JobLocation, _ verb: Transition.Verb
    ) throws(SpoolError) {
        switch try JobFiles(storage).move(locked, to: target, verb, sync: locked.job.effectiveSync)
        {
        case .moved: return
        case .gone: throw SpoolError(.notFound, "\(locked.id) was taken away meanwhile")
        case .taken:
            throw SpoolError(
                .busy, "\(storage.path)/\(target.path) exists already; remove one of the two")
        }
    }

    func rewrite(_ locked: LockedJob) throws(SpoolError) {
        guard try JobFiles(storage).rewrite(locked, isDurable: true) else {
            throw SpoolError(.notFound, "\(locked.id) was taken away meanwhile")
        }
    }
}

import SpoolSchedule
import SpoolSystem

/// How a running job is cancelled: a file beside it, `running/ULID.ATTEMPT.cancel`, that says so, and a
/// signal to its runner to look. The file makes it certain: a runner that misses the signal, as one on
/// another host does, sees it at its next heartbeat, and whoever recovers a dead attempt knows not to try
/// it again.
extension SpoolDirectory {
    /// What may lie beside a running job: `running/ULID.ATTEMPT.cancel`, and what its command writes there.
    package enum Companion: String, CaseIterable, Sendable {
        case cancel, result, progress
    }

    package func companion(_ kind: Companion, of location: JobLocation) -> String {
        "\(location.path.dropLast(".json".utf8.count)).\(kind.rawValue)"
    }

    private func cancelRequest(_ location: JobLocation) -> String {
        companion(.cancel, of: location)
    }

    /// Removes them; what can't be removed is found later as belonging to no running job.
    package func removeCompanions(of location: JobLocation) {
        for kind in Companion.allCases {
            _ = try? root.removeIfPresent(companion(kind, of: location))
        }
    }

    package func isCancelRequested(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = cancelRequest(location)
        return try onPath(path + "/" + name, "stat") { () throws(Errno) in
            try root.status(of: name) != nil
        }
    }

    /// Asks the runner of a running job to stop it.
    ///
    /// - Returns: false when the job has moved on before the request stood: nobody would look at it.
    package func requestCancel(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = cancelRequest(location)
        let who = "\(Host.userName) on \(Host.name) at \(now())\n"
        try publish(Array(who.utf8), as: name, .replace, sync: .off)
        // Whoever moves the job looks for requests, or removes them, after the move. So either the file is gone
        // now, and the request is ours to take back, or the request is seen.
        guard try exists(location) else {
            try onPath(path + "/" + name, "unlink") { () throws(Errno) in
                _ = try root.removeIfPresent(name)
            }
            return false
        }
        if let job = try? read(location), let runner = job.attempts?.last?.runner,
            job.attempts?.last?.host == Host.name
        {
            // Best effort: the runner also looks at each heartbeat.
            _ = try? ProcessIdentity(pid: runner.pid, startTime: runner.startTime)
                .signal(SpoolDirectory.lookSignal)
        }
        return true
    }

    /// SIGUSR1: what a runner takes as "look at your job again".
    package static let lookSignal: Int32 = 10
}

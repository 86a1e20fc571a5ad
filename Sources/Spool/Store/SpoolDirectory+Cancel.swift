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

    /// Removes what the dead have left beside jobs that aren't there any more.
    package func sweepCompanions() throws(SpoolError) {
        let names = try onPath(path + "/running", "getdents64") { () throws(Errno) in
            try root.names(in: "running")
        }
        for name in names {
            guard let dot = name.lastIndex(of: "."),
                Companion(rawValue: String(name[name.index(after: dot)...])) != nil,
                JobFileName(name[..<dot] + ".json")?.fits(.running) == true
            else { continue }
            let owner = "running/" + name[..<dot] + ".json"
            try onPath(path + "/running/" + name, "unlink") { () throws(Errno) in
                guard let status = try root.status(of: "running/" + name),
                    now().nanoseconds - status.changed >= rules.temporaryAge.nanoseconds,
                    try root.status(of: owner) == nil
                else { return }
                try root.removeIfPresent("running/" + name)
            }
        }
    }

    package func isCancelRequested(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = cancelRequest(location)
        return try onPath(path + "/" + name, "stat") { () throws(Errno) in
            try root.status(of: name) != nil
        }
    }

    /// Asks the runner of a running job to stop it.
    package func requestCancel(_ location: JobLocation) throws(SpoolError) {
        let who = "\(Host.userName) on \(Host.name) at \(now())\n"
        try publish(Array(who.utf8), as: cancelRequest(location), .replace, sync: .off)
        if let job = try? read(location), let runner = job.attempts?.last?.runner,
            job.attempts?.last?.host == Host.name
        {
            // Best effort: the runner also looks at each heartbeat.
            _ = try? ProcessIdentity(pid: runner.pid, startTime: runner.startTime)
                .signal(SpoolDirectory.lookSignal)
        }
    }

    /// SIGUSR1: what a runner takes as "look at your job again".
    package static let lookSignal: Int32 = 10
}

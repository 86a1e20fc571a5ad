import SpoolSystem

/// The state of a process that a record names, as far as it can be told from here. Each question whether one lives is
/// asked of this.
package struct Liveness: Sendable {
    /// The machine on which a process is, or was.
    package enum Place: Sendable {
        case here
        /// On this host, before it was started anew: the process is dead.
        case earlierBoot
        /// On another host, or in a namespace in which pids of this host mean other processes (pid_namespaces(7)).
        case elsewhere
    }

    package let place: Place
    package let process: ProcessIdentity

    package init(_ process: Attempt.Process, host: String, bootID: String) {
        self.process = ProcessIdentity(pid: process.pid, startTime: process.startTime)
        // No other machine has the same boot, and this one may have got another name since.
        if bootID == Host.bootID, !bootID.isEmpty {
            place = process.namespace == Host.pidNamespace ? .here : .elsewhere
        } else {
            place = host == Host.name ? .earlierBoot : .elsewhere
        }
    }

    /// nil if that can't be told, as it is elsewhere.
    package var isAlive: Bool? {
        switch place {
        case .here: process.isAlive
        case .earlierBoot: false
        case .elsewhere: nil
        }
    }

    /// Whether it may do anything yet. A process that has begun to exit does not, though some of its locks may last a
    /// while.
    package var mayAct: Bool {
        switch place {
        case .here: process.isActive
        case .earlierBoot, .elsewhere: true
        }
    }

    /// Whether the process, alive and here, has this spool open. A process that a copy of a spool names has the
    /// original open.
    ///
    /// - Returns: false too if it is another user's, which is none of this spool.
    package func serves(_ storage: Storage) throws(SpoolError) -> Bool {
        try onPath("/proc/\(process.pid)/fd", "read") { () throws(Errno) in
            try ProcessTable.hasOpen(storage.opened.identity, in: process.pid)
        }
    }
}

extension Attempt {
    /// Of its runner.
    package var liveness: Liveness { Liveness(runner, host: host, bootID: bootID) }
}

extension WorkerRecord {
    package var liveness: Liveness { Liveness(process, host: host, bootID: bootID) }
}

extension SchedulerRecord {
    var liveness: Liveness { Liveness(process, host: host, bootID: bootID) }
}

extension Attempt.Process {
    /// The process that asks.
    package static func own() -> Attempt.Process { Attempt.Process(ProcessIdentity.own()) }

    /// A process that this one can see.
    package init(_ identity: ProcessIdentity) {
        self.init(pid: identity.pid, startTime: identity.startTime)
    }
}

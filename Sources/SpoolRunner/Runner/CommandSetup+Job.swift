import Spool
import SpoolSystem
import SpoolTime

/// The environment and mask of commands whose jobs give none.
package struct CommandDefaults: Sendable {
    package var environment: [String: String]
    /// nil: the worker's own.
    package var mask: Job.FileMask?

    /// - Parameter environment: all the variables that it finds.
    package init(environment: [String: String], mask: Job.FileMask? = nil) {
        self.environment = environment
        self.mask = mask
    }

    /// Variables of the worker that commands inherit: who and where they are, not what the worker's own
    /// caller had set.
    private static let inheritedNames: Set<String> = [
        "HOME", "LOGNAME", "USER", "SHELL", "PATH", "TZ", "TMPDIR", "LANG",
    ]

    /// The variables that commands inherit from this process. The user's entry in passwd(5) fills in those that aren't
    /// set.
    ///
    /// - Parameter leftOut: told what they would inherit, but for that it isn't UTF-8.
    package static func own(leftOut: (String) -> Void = { _ in }) -> CommandDefaults {
        var variables = ProcessEnvironment.environment { name in
            CommandDefaults.inheritedNames.contains(name) || name.hasPrefix("LC_")
        } foreign: { variable in
            guard let name = variable.name else { return }
            leftOut(
                "the variable \(name) is \(variable.text.quoted), which is not UTF-8;"
                    + " jobs run without it")
        } otherSpelling: { name in
            leftOut("the variable \(name) is there in two spellings; jobs run with the first one")
        }
        // Jobs without a directory run there.
        if let home = variables["HOME"], !home.hasPrefix("/") { variables["HOME"] = nil }
        let isComplete = UserAccount.variableNames.allSatisfy { variables[$0] != nil }
        if !isComplete, let account = UserAccount.asked {
            variables.merge(account.variables) { set, _ in set }
        }
        if variables["PATH"] == nil { variables["PATH"] = UserAccount.searchPath }
        return CommandDefaults(environment: variables)
    }
}

extension CommandDefaults: Equatable {
    /// By the bytes that a command would get.
    package static func == (one: CommandDefaults, other: CommandDefaults) -> Bool {
        one.mask == other.mask && one.environment.count == other.environment.count
            && one.environment.allSatisfy { name, value in
                other.environment[name]?.isExactly(value) == true
                    && other.environment.otherSpelling(of: name) == nil
            }
    }
}

/// The setup of a job's command: its arguments, variables, directory and limits.
extension CommandSetup {
    /// - Parameters:
    ///   - job: claimed, with the number of its next attempt.
    ///   - location: in running/.
    ///   - spoolPath: absolute.
    ///   - defaults: what the job may override.
    package init(
        _ job: Job, at location: JobLocation, spoolPath: String, defaults: CommandDefaults
    ) {
        let arguments: [String] =
            switch job.command {
            case .shell(let line): ["/bin/sh", "-c", line]
            case .arguments(let words): words
            case nil: ["\(spoolPath)/handlers/\(job.type ?? "")"]
            }
        var variables = defaults.environment
        for (name, value) in job.env ?? [:] { variables.set(value, exactly: name) }
        variables.merge(CommandSetup.marks(job, at: location, spoolPath)) { _, mark in mark }
        self.init(arguments: arguments, environment: variables.map { "\($0.key)=\($0.value)" })
        directory = job.cwd ?? variables["HOME"] ?? "/"
        mask = (job.umask ?? defaults.mask)?.bits
        niceness = job.limits?.nice ?? 0
        limits = CommandSetup.limits(job.limits)
    }

    private static func marks(
        _ job: Job, at location: JobLocation, _ spoolPath: String
    ) -> [String: String] {
        let running = "\(spoolPath)/\(location.path.dropLast(".json".utf8.count))"
        var marks = [
            "SPOOL_DIR": spoolPath,
            "SPOOL_JOB_ID": location.id.description,
            "SPOOL_JOB_NAME": job.name ?? "",
            "SPOOL_ATTEMPT": String(job.triesInRound + 1),
            "SPOOL_MAX_ATTEMPTS": String(job.effectiveMaxAttempts),
            "SPOOL_QUEUE": job.effectiveQueue,
            "SPOOL_TYPE": job.type ?? "shell",
            "SPOOL_MODE": (job.mode ?? .apply).rawValue,
            "SPOOL_JOB_FILE": running + ".json",
            "SPOOL_RESULT": running + ".result",
            "SPOOL_PROGRESS": running + ".progress",
        ]
        if let cron = job.cron {
            marks["SPOOL_ENTRY"] = cron.entry
            marks["SPOOL_SLOT"] = cron.slot?.rfc3339
            marks["SPOOL_MISSED"] = String(cron.missed ?? 0)
        }
        return marks
    }

    private static func limits(_ limits: Job.Limits?) -> [ResourceLimit: Int64] {
        var numbers: [ResourceLimit: Int64] = [:]
        numbers[.addressSpace] = limits?.memory?.bytes
        numbers[.cpuSeconds] = limits?.cpuTime.map {
            // The kernel counts whole seconds, and 0 would be none at all.
            max(1, Int64($0.inSeconds.rounded(.up)))
        }
        numbers[.openFiles] = limits?.openFiles
        numbers[.processes] = limits?.processes
        return numbers
    }
}

extension Job {
    /// The input of the command: the job's `stdin`, or its payload as JSON, or nothing.
    ///
    /// - Parameter null: /dev/null, which is opened once for all commands that read nothing.
    /// - Throws: `.invalidJob`; but with an `errno` where something has run out, and the job may be started later.
    func openStandardInput(
        orNothing null: borrowing Descriptor
    ) throws(SpoolError) -> Descriptor {
        if case .file(let path) = stdin { return try openInputFile(path) }
        let text = try payload.map { payload throws(SpoolError) in
            try JSONText.encode(payload, pretty: false)
        }
        do throws(Errno) {
            switch stdin {
            case .text(let text): return try ProcessControl.memoryFile(Array(text.utf8))
            case .base64(let data):
                return try ProcessControl.memoryFile(Base64.decode(data) ?? [])
            case .file, nil: break
            }
            if let text { return try ProcessControl.memoryFile(text) }
            return try BareDescriptor(null.number).duplicate()
        } catch {
            throw Job.inputFailure(error, "stdin")
        }
    }

    private static func inputFailure(_ errno: Errno, _ name: String) -> SpoolError {
        if errno.isShortage { return SpoolError(errno, "open", name) }
        return SpoolError(.invalidJob, "\(name): can't be opened for the command: \(errno)")
    }

    private func openInputFile(_ path: String) throws(SpoolError) -> Descriptor {
        do throws(Errno) {
            if let file = try FilePath(path).openInput() { return file }
        } catch {
            throw Job.inputFailure(error, path)
        }
        throw SpoolError(
            .invalidJob,
            "\(path): is a FIFO, whose writer nobody waits for here; let the command open it")
    }
}

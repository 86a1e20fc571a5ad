import Spool
import SpoolSystem

extension StartFailure {
    /// Whether something ran out that may be there the next time. The job's own limits are none, and the command may
    /// have run into them.
    func isShortage(with setup: CommandSetup?) -> Bool {
        errno.isShortage && setup?.limits.keys.allSatisfy { $0 == .cpuSeconds } ?? true
    }

    /// The failure, for people.
    func message(for job: Job, _ setup: CommandSetup?) -> String {
        let program = setup?.arguments.first ?? ""
        return switch step {
        case .directory: "can't enter \(setup?.directory ?? "/"): \(errno); check \"cwd\""
        case .execute:
            "can't run \(program): \(errno)" + (setup.flatMap { advice(for: job, $0) } ?? "")
        case .limit: "can't set a limit of \"limits\": \(errno)"
        case .setup: "can't prepare the process of \(program): \(errno)"
        }
    }

    /// Advice about a command that can't be run; nil: none is known.
    func advice(for job: Job, _ setup: CommandSetup) -> String? {
        let program = setup.arguments.first ?? ""
        switch errno {
        case .noEntry:
            if let type = job.type {
                return "; the type \(type) needs a program of this name"
            }
            guard program.contains("/") else {
                let path = setup.environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5)
                return "; PATH leads to no such program: \(path ?? "")"
            }
            let isThere = FilePath(path(of: program, setup)).exists
            if setup.arguments == QueueMail.command, !isThere {
                return "; install a mail system that has it, or make handlers/mail in the spool"
            }
            return isThere
                ? "; the file is there, so what its first line names (#!), or the loader that it needs, is missing"
                : "; check the name"
        case .accessDenied where FilePath(path(of: program, setup) + "/.").exists:
            return "; it is a directory"
        case .accessDenied: return "; check that it may be executed (chmod +x)"
        case .textBusy: return "; somebody has had it open for writing for ten seconds"
        case .argumentsTooLarge: return "; \(job.sizeAdvice)"
        default: return nil
        }
    }

    private func path(of program: String, _ setup: CommandSetup) -> String {
        program.hasPrefix("/") ? program : (setup.directory ?? "") + "/" + program
    }

    /// The exit code of a shell for a command that it can't run.
    var shellExitCode: Int32? {
        guard step == .execute else { return nil }
        return errno == .noEntry ? 127 : 126
    }
}

import CSpoolSystem
import Glibc

/// A limit that the kernel sets a process (setrlimit(2)).
package enum ResourceLimit: Sendable {
    case addressSpace, cpuSeconds, openFiles, processes

    var number: Int {
        switch self {
        case .addressSpace: Int(RLIMIT_AS.rawValue)
        case .cpuSeconds: Int(RLIMIT_CPU.rawValue)
        case .openFiles: Int(RLIMIT_NOFILE.rawValue)
        case .processes: Int(SPOOL_RLIMIT_NPROC)
        }
    }
}

/// The arguments, environment and limits that a command is started with.
package struct CommandSetup: Sendable {
    package var arguments: [String]
    /// `NAME=value` entries: the whole environment.
    package var environment: [String]
    package var directory: String?
    package var mask: mode_t?
    package var niceness: Int32 = 0
    /// setrlimit(2), soft and hard alike.
    package var limits: [ResourceLimit: Int64] = [:]

    package init(arguments: [String], environment: [String]) {
        self.arguments = arguments
        self.environment = environment
    }
}

/// Why a command could not be started.
package struct StartFailure: Error, Sendable {
    package enum Step: Sendable {
        case setup, directory, execute, limit
    }
    package let step: Step
    package let errno: Errno
}

/// A command that has a process, a session and a process group of its own, but waits for its release before its exec. Its
/// pid can therefore be recorded durably before anything of it runs.
///
/// If its parent ends first, it ends without having run. It may also do so if the thread that made it ends. Until its
/// exec it shares the memory of its parent, and touches only the part that was made for it.
package struct SuspendedProcess: ~Copyable {
    package let identity: ProcessIdentity?
    package let pid: pid_t
    private let suspended: OpaquePointer

    package init(
        _ setup: CommandSetup, input: borrowing Descriptor, output: borrowing Descriptor,
        error: borrowing Descriptor
    ) throws(Errno) {
        var arguments: [UnsafeMutablePointer<CChar>?] = setup.arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] =
            setup.environment.map { strdup($0) } + [nil]
        let directory = setup.directory.map { strdup($0) } ?? nil
        defer {
            for text in arguments { free(text) }
            for text in environment { free(text) }
            free(directory)
        }
        var command = spool_command()
        command.standard_input = input.number
        command.standard_output = output.number
        command.standard_error = error.number
        command.directory = UnsafePointer(directory)
        command.mask = setup.mask.map { CInt($0) } ?? -1
        command.nice = setup.niceness
        withUnsafeMutableBytes(of: &command.limits) { raw in
            let limits = raw.bindMemory(to: Int64.self)
            for number in limits.indices { limits[number] = -1 }
            for (limit, value) in setup.limits { limits[limit.number] = value }
        }
        var birth = spool_birth()
        var suspended: OpaquePointer?
        arguments.withUnsafeMutableBufferPointer { arguments in
            environment.withUnsafeMutableBufferPointer { environment in
                guard let list = arguments.baseAddress, let variables = environment.baseAddress
                else { return }
                command.path = UnsafePointer(list[0])
                command.arguments = UnsafePointer(list)
                command.environment = UnsafePointer(variables)
                suspended = spool_start_suspended(&command, &birth)
            }
        }
        guard let suspended else { throw Errno.last }
        pid = birth.pid
        identity = ProcessIdentity(child: birth.pid, after: birth.after, before: birth.before)
        self.suspended = suspended
    }

    deinit {
        // Never released: the command has never started.
        spool_abandon(suspended)
    }

    /// Lets it run. Whether it could be run is known when its process has ended.
    package consuming func release() -> ReleasedCommand {
        let command = ReleasedCommand(pid: pid, suspended: suspended)
        discard self
        spool_release(command.suspended)
        return command
    }
}

/// A command that may run.
package struct ReleasedCommand: ~Copyable {
    package let pid: pid_t
    fileprivate let suspended: OpaquePointer

    /// Why the command could not be executed, though it was released; nil if it was. Call this only after its process has
    /// been taken, with its end (`Children`): until then the process uses memory of this one.
    package consuming func startFailure() -> StartFailure? {
        var step: CInt = 0
        let code = spool_end_suspended(suspended, &step)
        guard code != 0 else { return nil }
        let kind: StartFailure.Step =
            switch Int(step) {
            case Int(SPOOL_STEP_DIRECTORY): .directory
            case Int(SPOOL_STEP_EXEC): .execute
            case Int(SPOOL_STEP_LIMIT): .limit
            default: .setup
            }
        return StartFailure(step: kind, errno: Errno(code))
    }
}

/// How a process ended, and the resources that it used, with all descendants that it waited for.
package struct ProcessEnd: Sendable {
    package let pid: pid_t
    /// nil if a signal ended it.
    package let exitCode: Int32?
    package let signal: Int32?
    package let coreDumped: Bool
    package let userMicroseconds: Int64
    package let systemMicroseconds: Int64
    package let peakKilobytes: Int64
}

package enum Children {
    package enum Answer: Sendable {
        case ended(ProcessEnd)
        /// There are such children, and none has ended.
        case running
        /// There is no such child (any more).
        case none
    }

    /// Takes the next ended child, without waiting.
    ///
    /// - Parameter pid: one child, or with a minus a process group, or -1 for any.
    package static func reap(_ pid: pid_t) -> Answer {
        var raw = spool_exit()
        while true {
            switch spool_reap(pid, &raw) {
            case 1:
                return .ended(
                    ProcessEnd(
                        pid: raw.pid, exitCode: raw.exit_code < 0 ? nil : raw.exit_code,
                        signal: raw.signal == 0 ? nil : raw.signal,
                        coreDumped: raw.core_dumped,
                        userMicroseconds: raw.user_microseconds,
                        systemMicroseconds: raw.system_microseconds,
                        peakKilobytes: raw.peak_kilobytes))
            case 0:
                return .running
            default:
                if Errno.last != .interrupted { return .none }
            }
        }
    }

    /// Kills a child of this process that hasn't been taken yet, and takes its end.
    package static func end(_ pid: pid_t) {
        // Until it is taken, the number is no other process's.
        _ = Glibc.kill(pid, SIGKILL)
        var status: CInt = 0
        // It fails if somebody else has taken it already.
        _ = try? systemCall { waitpid(pid, &status, 0) }
    }
}

import CSpoolSystem
import Glibc
import SpoolSystem

/// Starting other programs, and how long that takes.
struct Program {
    let words: [String]
    let environment: [String: String]
    let directory: String

    init(_ words: [String], _ environment: [String: String], in directory: String) {
        self.words = words
        self.environment = environment
        self.directory = directory
    }

    /// Runs it to its end, with its output thrown away.
    ///
    /// - Returns: the time from the call to the end, in seconds.
    /// - Throws: if it can't be started, or doesn't exit with 0.
    @discardableResult
    func run(acceptsFailure: Bool = false) throws -> Double {
        let begin = Clock.monotonic()
        let process = try start()
        let status = try process.wait()
        let seconds = Double(Clock.monotonic() - begin) / 1e9
        guard acceptsFailure || status == 0 else {
            throw BenchFailure("\(words.joined(separator: " ")): ended with \(status)")
        }
        return seconds
    }

    /// Starts it.
    ///
    /// - Parameter output: the descriptor that its standard output goes to; nil: none.
    func start(output: CInt? = nil) throws -> Process {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        spool_spawn_in_directory(&actions, directory)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { throw BenchFailure(Errno(code), words[0]) }
        return Process(pid: pid)
    }

    /// Runs it, and answers with its standard output.
    func output() throws -> String {
        let ends = try BareDescriptor.pipe()
        let reader = Descriptor(owning: ends.read)
        let process: Process
        do {
            let writer = Descriptor(owning: ends.write)
            process = try start(output: writer.number)
        }
        let bytes = try reader.readStream(limit: 1 << 26) ?? []
        _ = try process.wait()
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A process that was started here. It is killed when nobody holds it any more.
final class Process {
    let pid: pid_t
    private var status: CInt?

    init(pid: pid_t) { self.pid = pid }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        // It was killed; how it ended says nothing.
        _ = try? wait()
    }

    /// Waits for its end: its exit code, or 128 and the signal that ended it.
    ///
    /// - Throws: if it hasn't come after so many seconds; the process is killed then.
    func wait(upTo seconds: Int32 = 900) throws -> CInt {
        if let status { return status }
        let handle = Descriptor(owning: try ProcessIdentity.openHandle(pid))
        var ready = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        let isOver = try systemCall { poll(&ready, 1, seconds * 1000) } > 0
        if !isOver { kill(pid, SIGKILL) }
        var raw: CInt = 0
        do {
            try systemCall { waitpid(pid, &raw, 0) }
        } catch {
            throw BenchFailure(error, "waitpid")
        }
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = code
        guard isOver else { throw BenchFailure("still running after \(seconds) s") }
        return code
    }

    /// Ends it with SIGTERM, and waits for that.
    func stop() throws {
        guard status == nil else { return }
        kill(pid, SIGTERM)
        _ = try wait()
    }
}

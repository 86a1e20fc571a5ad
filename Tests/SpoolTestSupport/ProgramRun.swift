import Glibc
import SpoolSystem

/// How a program ended, and what it wrote.
package struct ProgramResult: Sendable {
    /// The exit code, or 128 and the signal that ended it.
    package let status: Int32
    package let output: [UInt8]
    package let error: [UInt8]

    package var text: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: error, as: UTF8.self) }
    /// The output without the last line break.
    package var line: String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
}

/// A process that was started by a test.
package final class ProgramRun: @unchecked Sendable {
    package let pid: pid_t
    private let outputFile: CInt
    private let errorFile: CInt
    private var result: ProgramResult?

    /// Starts a program. Its output goes to files without a name, so that no pipe can fill up.
    package init(
        _ words: [String], environment: [String: String], directory: String,
        input: [UInt8] = []
    ) throws {
        let inputFile = try ProgramRun.unnamedFile(in: directory)
        outputFile = try ProgramRun.unnamedFile(in: directory)
        errorFile = try ProgramRun.unnamedFile(in: directory)
        try FileTree.write(inputFile, input)
        lseek(inputFile, 0, SEEK_SET)
        defer { close(inputFile) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, file) in [inputFile, outputFile, errorFile].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file, CInt(index))
        }
        try ProgramRun.addOwnActions(&actions, directory: directory)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var child: pid_t = 0
        let code = SpawnGate.alone {
            posix_spawnp(&child, words[0], &actions, &attributes, &arguments, &variables)
        }
        guard code == 0 else {
            throw FileTree.Failure(description: "\(words[0]): \(String(cString: strerror(code)))")
        }
        pid = child
    }

    deinit {
        if result == nil {
            _ = kill(pid, SIGKILL)
            var status: CInt = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        }
        close(outputFile)
        close(errorFile)
    }

    /// These two calls of glibc aren't declared for Swift.
    private static func addOwnActions(
        _ actions: inout posix_spawn_file_actions_t, directory: String
    ) throws {
        typealias AddDirectory =
            @convention(c) (
                UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>
            ) -> CInt
        typealias AddCloseFrom =
            @convention(c) (
                UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt
            ) -> CInt
        let library = dlopen(nil, RTLD_NOW)
        guard let change = dlsym(library, "posix_spawn_file_actions_addchdir_np"),
            let closeFrom = dlsym(library, "posix_spawn_file_actions_addclosefrom_np")
        else { throw FileTree.Failure(description: "glibc 2.34 or later is needed") }
        _ = unsafeBitCast(change, to: AddDirectory.self)(&actions, directory)
        // Before the exec, so that no descriptor of a test outlives the call that starts the process.
        _ = unsafeBitCast(closeFrom, to: AddCloseFrom.self)(&actions, 3)
    }

    private static func unnamedFile(in directory: String) throws -> CInt {
        var template = Array("\(directory)/.output-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw FileTree.Failure(description: "mkostemp in \(directory)") }
        unlink(template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        return file
    }

    package func signal(_ number: CInt) { _ = kill(pid, number) }

    /// What it has written so far.
    package func outputSoFar() throws -> [UInt8] { try FileTree.readAll(outputFile) }
    package func errorSoFar() throws -> [UInt8] { try FileTree.readAll(errorFile) }

    /// Waits for its end.
    ///
    /// - Throws: when it hasn't come after so many seconds; the process is killed then.
    @discardableResult
    package func wait(upTo seconds: Int32 = 120) throws -> ProgramResult {
        if let result { return result }
        let handle = try ProcessIdentity.openHandle(pid)
        defer { close(handle) }
        var ready = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        var answer: CInt
        repeat { answer = poll(&ready, 1, seconds * 1000) } while answer < 0 && errno == EINTR
        if answer == 0 { _ = kill(pid, SIGKILL) }
        var raw: CInt = 0
        while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        let ended = ProgramResult(
            status: status, output: try outputSoFar(), error: try errorSoFar())
        result = ended
        if answer == 0 {
            throw FileTree.Failure(
                description: "still running after \(seconds) s; it wrote: \(ended.text)"
                    + " and: \(ended.errorText)")
        }
        return ended
    }
}

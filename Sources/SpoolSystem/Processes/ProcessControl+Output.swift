import CSpoolSystem
import Glibc

extension ProcessControl {
    /// Runs a program, found through PATH, waits for it, and takes its standard output; its standard error
    /// is this process's.
    ///
    /// - Returns: its exit code, nil if it was killed, and its output.
    /// - Throws: the error of posix_spawnp(3), such as ENOENT if there is no such program.
    package static func output(
        of words: [String]
    ) throws(Errno) -> (code: Int32?, bytes: [UInt8]) {
        // A file rather than a pipe: nobody has to read while the program writes.
        let file = Descriptor(owning: try systemCall { spool_memory_file("output") })
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, file.number, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, words[0], &actions, nil, &arguments, environ)
        guard failure == 0 else { throw Errno(failure) }
        var status: CInt = 0
        _ = try systemCall { waitpid(pid, &status, 0) }
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : nil
        return (code, try file.readAll(limit: 1 << 28) ?? [])
    }
}

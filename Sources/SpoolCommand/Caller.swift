import Spool
import SpoolSystem

/// The caller of a command: environment, working directory and standard input. A part that can't be found out, or isn't
/// text, is an error and never replaced: a job would run elsewhere, or with another file.
package final class Caller {
    /// A descriptor that stays open.
    let input: CInt
    /// nil: the process's own.
    private let ownEnvironment: [String: String]?
    /// The working directory, once it has been asked for.
    private var knownDirectory: String?

    /// - Parameters:
    ///   - environment: nil: the process's own.
    ///   - workingDirectory: absolute; nil: the process's own.
    package init(input: CInt, environment: [String: String]?, workingDirectory: String?) {
        self.input = input
        ownEnvironment = environment
        knownDirectory = workingDirectory
    }

    /// The value of the variable of this name; nil if there is none.
    func bytes(of name: String) -> [UInt8]? {
        guard let ownEnvironment else { return ProcessEnvironment.variable(name) }
        return ownEnvironment[name].map { Array($0.utf8) }
    }

    // MARK: Variables

    /// The variable of this name; nil: there is none.
    ///
    /// - Throws: `.invalidJob` if it isn't UTF-8.
    func variable(_ name: String) throws(SpoolError) -> String? {
        guard let value = bytes(of: name) else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw Caller.notUTF8(
                name, NonUTF8Text(value), advice: "unset it, or set it to UTF-8 text")
        }
        return text
    }

    /// The variables of some names, for a job.
    ///
    /// - Parameter takesAny: whether one whose name isn't text matters, too.
    /// - Throws: `.invalidJob` if one isn't UTF-8.
    func environment(
        takesAny: Bool, where isWanted: (String) -> Bool
    ) throws(SpoolError) -> [String: String] {
        guard let ownEnvironment else {
            return try ProcessEnvironment.environment(where: isWanted) {
                variable throws(SpoolError) in
                guard let name = variable.name else {
                    guard takesAny else { return }
                    throw SpoolError(
                        .invalidJob,
                        "the environment holds \(variable.text.quoted), whose name is not UTF-8;"
                            + " use --clean-env, and --env NAME for each variable to take along")
                }
                throw Caller.notUTF8(
                    name, variable.text,
                    advice: "leave it out (env -u \(name) spool run ...), give it another value"
                        + " (--env \(name)=...), or use --clean-env")
            } otherSpelling: { name throws(SpoolError) in
                throw SpoolError(
                    .invalidJob,
                    "the environment has the variable \(name) in two spellings, of which a job"
                        + " holds one; use --env \(name)=... for it, or --clean-env")
            }
        }
        return ownEnvironment.filter { isWanted($0.key) }
    }

    private static func notUTF8(
        _ name: String, _ value: NonUTF8Text, advice: String
    ) -> SpoolError {
        SpoolError(
            .invalidJob, "the variable \(name) is \(value.quoted), which is not UTF-8; \(advice)")
    }

    /// The directory of drafts, as an absolute path.
    ///
    /// - Throws: as `variable` and `absolute`.
    func temporaryDirectory() throws(SpoolError) -> String {
        guard let path = try variable("TMPDIR"), !path.isEmpty else { return "/tmp" }
        return try absolute(path)
    }

    // MARK: Paths

    /// A path of the caller, from the root on.
    ///
    /// - Throws: `.notFound` for an empty one; as `workingDirectory` for a relative one.
    func absolute(_ path: String) throws(SpoolError) -> String {
        if path.hasPrefix("/") { return path }
        guard !path.isEmpty else {
            throw SpoolError(.notFound, "\"\": an empty path names nothing; is a variable unset?")
        }
        var parts = try workingDirectory().split(separator: "/").map(String.init)
        for part in path.split(separator: "/") where part != "." { parts.append(String(part)) }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory that a path of the caller leads to, as `workingDirectory` would have it there. If there is none (any
    /// more), the path without needless parts.
    ///
    /// - Throws: as `absolute`.
    func directory(_ path: String) throws(SpoolError) -> String {
        let path = try absolute(path)
        if let bytes = try? FilePath(path).resolved(),
            let text = String(validating: bytes, as: UTF8.self)
        {
            return text
        }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Absolute.
    ///
    /// - Throws: `.cannotCreate` if there is none (any more), `.invalidJob` if its path isn't UTF-8.
    func workingDirectory() throws(SpoolError) -> String {
        if let known = knownDirectory { return known }
        let path: [UInt8]
        do throws(Errno) {
            path = try ProcessEnvironment.workingDirectory()
        } catch {
            throw SpoolError(
                .cannotCreate,
                "the working directory\(Caller.lastDirectory.map { ", \($0)," } ?? "") can't be found"
                    + " (getcwd: \(error)): it was removed, perhaps; go to one that is there")
        }
        guard let text = String(validating: path, as: UTF8.self) else {
            throw SpoolError(
                .invalidJob,
                "the working directory is \(NonUTF8Text(path).quoted), which is not UTF-8;"
                    + " rename it, or go to another one")
        }
        knownDirectory = text
        return text
    }

    /// For the message; nil if the kernel's name for it can't be read either.
    private static var lastDirectory: String? {
        do throws(Errno) {
            return try ProcessEnvironment.lastWorkingDirectory()
        } catch {
            return nil
        }
    }
}

import Spool
import SpoolSystem

/// Makes a job of the command line of `spool run`, and of where it was called.
struct JobLine {
    private let invocation: Invocation
    /// Variables that tell of the calling shell itself, not of its work.
    private static let shellOwn = ["_", "SHLVL", "OLDPWD", "PWD"]

    init(_ invocation: Invocation) {
        self.invocation = invocation
    }

    func job() throws(SpoolError) -> Job {
        var job = Job(command: try command(), env: try environment())
        let caller = invocation.caller
        let here =
            if let named = invocation.value("cwd") {
                try caller.absolute(named)
            } else {
                try caller.workingDirectory()
            }
        job.cwd = here
        job.umask = Job.FileMask(bits: ProcessEnvironment.fileMask)
        job.project = try project(orThatOf: here)
        job.parent = try invocation.context.ownJob
        job.stdin = try standardInput()
        try JobOptions.apply(invocation, to: &job)
        return job
    }

    /// The caller's project, or that of the directory that he has named if his working directory was removed.
    private func project(orThatOf directory: String) throws(SpoolError) -> String {
        guard invocation.has("cwd") else { return Context.project(of: directory) }
        do throws(SpoolError) {
            return try invocation.context.project()
        } catch {
            return Context.project(of: try invocation.caller.directory(directory))
        }
    }

    private func command() throws(SpoolError) -> Job.Command {
        let words = invocation.operands
        if let line = invocation.value("shell") {
            guard words.isEmpty else {
                throw .usage("--shell and a command exclude each other; keep one of them")
            }
            guard line == "-" else { return .shell(line) }
            guard invocation.value("stdin") != "-" else {
                throw .usage("--shell - and --stdin - both want standard input")
            }
            return .shell(
                try invocation.caller.readTextInput(limit: 1 << 20))
        }
        guard let program = words.first else {
            throw .usage("no command; write 'spool run -- COMMAND ...' or 'spool run -c LINE'")
        }
        if words.count == 1, program.contains(where: { " |;&<>$".contains($0) }),
            !FilePath(try invocation.caller.absolute(program)).exists
        {
            throw .usage(
                "there is no program \"\(program)\"; to have a shell read it:"
                    + " spool run -c \(Job.Command.quoted(program))")
        }
        return .arguments(words)
    }

    private func environment() throws(SpoolError) -> [String: String] {
        let caller = invocation.caller
        let isClean = invocation.has("clean-env")
        var named: [String: String] = [:]
        for entry in invocation.all("env") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard !name.isEmpty else { throw .usage("--env \(entry): NAME=VALUE is wanted") }
            guard named.otherSpelling(of: name) == nil else {
                throw .usage("--env \(name): the name stands here in another spelling, too")
            }
            if parts.count == 2 {
                named[name] = String(parts[1])
            } else if let value = try caller.variable(name) {
                named[name] = value
            } else {
                throw .usage("--env \(name): there is no such variable here")
            }
        }
        let variables = try caller.environment(takesAny: !isClean) { name in
            !isClean && !JobLine.shellOwn.contains(name)
                && !name.utf8.starts(with: "SPOOL_".utf8) && named[name] == nil
        }
        return named.isEmpty ? variables : variables.merging(named) { _, own in own }
    }

    private func standardInput() throws(SpoolError) -> Job.StandardInput? {
        guard let source = invocation.value("stdin") else { return nil }
        guard source == "-" else { return .file(try invocation.caller.absolute(source)) }
        let bytes = try invocation.caller.readInput(limit: 700_000)
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            return .text(text)
        }
        return .base64(Base64.encode(bytes))
    }
}

import Spool
import SpoolSystem

let runCommand = CommandTable(
    "run", "submit a command line", operands: "COMMAND [ARGUMENT ...]", stopsAtOperand: true,
    options: [
        Option("wait", "w", nil, "wait for the end, and exit with the job's own code"),
        Option("follow", "f", nil, "the same, and show its output while it runs"),
        Option("shell", "c", "LINE", "a line for /bin/sh in place of COMMAND; - reads a script"),
        Option("stdin", "i", "FILE", "what the command reads; - takes standard input along"),
        Option("cwd", "C", "DIRECTORY", "where it runs (default: here)"),
        Option("env", "e", "NAME=VALUE", "set a variable; NAME alone takes it from here"),
        Option("clean-env", nil, nil, "take no other variables along"),
    ] + JobOptions.table + [
        .noStart,
        Option("json", nil, nil, "print the job as JSON, not its id"),
    ]
) { invocation throws(SpoolError) in
    let job = try RunRequest(invocation).job()
    let spoolDirectory = try invocation.openSpool()
    let location = try spoolDirectory.place(job, held: invocation.has("hold"))
    let id = location.id
    let console = invocation.console
    if invocation.has("json") {
        try JobTable.printEntry(of: id, in: spoolDirectory, console)
    } else if !invocation.has("follow") {
        try console.announce([id])
    } else if console.isErrorTerminal {
        // Elsewhere standard error is the command's alone, byte for byte.
        console.say("job \(id)")
    }
    try console.flush()
    let isServed = try invocation.ensureWorker(of: spoolDirectory)
    guard invocation.has("follow") || invocation.has("wait") else {
        try invocation.tellUnserved([job], in: spoolDirectory)
        return ExitStatus.success
    }
    guard isServed else {
        throw SpoolError(
            .busy,
            "job \(id) stays queued: 'spool worker' runs it, 'spool logs --follow \(id)' waits for it"
        )
    }
    let session = WaitSession(
        spoolDirectory, console, for: invocation.has("follow") ? .follow : .run)
    return try session.wait(for: [location], deadline: nil)
}

/// What `spool run` makes of its command line and its surroundings.
private struct RunRequest {
    private let invocation: Invocation
    /// Variables that tell of the calling shell itself, not of its work.
    private static let shellOwn = ["_", "SHLVL", "OLDPWD", "PWD"]

    init(_ invocation: Invocation) {
        self.invocation = invocation
    }

    func job() throws(SpoolError) -> Job {
        var job = Job(command: try command(), env: try environment())
        let console = invocation.console
        let here =
            if let named = invocation.value("cwd") {
                try console.absolute(named)
            } else {
                try console.workingDirectory()
            }
        job.cwd = here
        job.umask = Job.FileMask(bits: ProcessControl.fileMask)
        job.project = try project(orThatOf: here)
        job.parent = try invocation.ownJob
        job.stdin = try standardInput()
        try JobOptions.apply(invocation, to: &job)
        return job
    }

    /// The caller's, unless he is nowhere, as where his working directory was removed: then that of the directory
    /// that he has named.
    private func project(orThatOf directory: String) throws(SpoolError) -> String {
        guard invocation.has("cwd") else { return Invocation.project(of: directory) }
        do throws(SpoolError) {
            return try invocation.project()
        } catch {
            return Invocation.project(of: directory)
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
                try invocation.console.readTextInput(limit: 1 << 20))
        }
        guard let program = words.first else {
            throw .usage("no command; write 'spool run -- COMMAND ...' or 'spool run -c LINE'")
        }
        if words.count == 1, program.contains(where: { " |;&<>$".contains($0) }),
            !ProcessControl.exists(try invocation.absolute(program))
        {
            throw .usage(
                "there is no program \"\(program)\"; to have a shell read it:"
                    + " spool run -c \(Command.quoted(program))")
        }
        return .arguments(words)
    }

    private func environment() throws(SpoolError) -> [String: String] {
        let console = invocation.console
        let isClean = invocation.has("clean-env")
        var given: [String: String] = [:]
        for entry in invocation.all("env") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard !name.isEmpty else { throw .usage("--env \(entry): NAME=VALUE is wanted") }
            if parts.count == 2 {
                given[name] = String(parts[1])
            } else if let value = try invocation.variable(name) {
                given[name] = value
            } else {
                throw .usage("--env \(name): there is no such variable here")
            }
        }
        let variables = try console.environment(takesAny: !isClean) { name in
            !isClean && !RunRequest.shellOwn.contains(name)
                && !name.utf8.starts(with: "SPOOL_".utf8) && given[name] == nil
        }
        return given.isEmpty ? variables : variables.merging(given) { _, own in own }
    }

    private func standardInput() throws(SpoolError) -> Job.StandardInput? {
        guard let source = invocation.value("stdin") else { return nil }
        guard source == "-" else { return .file(try invocation.absolute(source)) }
        let bytes = try invocation.console.readInput(limit: 700_000)
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            return .text(text)
        }
        return .base64(Base64.encode(bytes))
    }
}

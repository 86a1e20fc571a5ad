import Spool

let initCommand = CommandTable(
    "init", "make a directory a spool", operands: "[DIRECTORY]", options: []
) { invocation throws(SpoolError) in
    let path = try InitRequest(invocation).result(in: invocation.context)
    try invocation.console.print(path)
    return ExitStatus.success
}

struct InitRequest {
    /// nil: the spool that is meant.
    let directory: String?

    init(_ invocation: Invocation) throws(SpoolError) {
        guard invocation.operands.count <= 1 else { throw .usage("one directory at a time") }
        directory = invocation.operands.first
    }

    /// - Returns: the path of the spool, which exists now.
    func result(in context: Context) throws(SpoolError) -> String {
        var path = try context.spoolPath()
        if let directory { path = try context.caller.absolute(directory) }
        _ = try SpoolDirectory(at: path)
        return path
    }
}

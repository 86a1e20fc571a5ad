import Spool

let initCommand = CommandTable(
    "init", "make a directory a spool", operands: "[DIRECTORY]", options: []
) { invocation throws(SpoolError) in
    try InitView.show(
        try InitRequest(invocation).perform(in: invocation.context), invocation.console)
    return ExitStatus.success
}

package struct InitRequest {
    /// nil: the spool that is meant.
    package let directory: String?

    package init(directory: String? = nil) {
        self.directory = directory
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        guard invocation.operands.count <= 1 else { throw .usage("one directory at a time") }
        directory = invocation.operands.first
    }

    /// - Returns: the path of the spool, which exists now.
    package func perform(in context: Context) throws(SpoolError) -> String {
        var path = try context.spoolPath()
        if let directory { path = try context.caller.absolute(directory) }
        _ = try SpoolDirectory(at: path)
        return path
    }
}

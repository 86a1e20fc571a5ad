import Spool
import SpoolSchedule

let cleanCommand = CommandTable(
    "clean", "remove ended jobs and their logs", operands: "[JOB ... | -]",
    options: [
        Option("older", nil, "TIME", "only those that ended longer ago (default: 7d)"),
        Option("failed", nil, nil, "failed ones too"),
        Option("dead", nil, nil, "those in dead-letter/ too"),
        Option("dry-run", nil, nil, "only print what would be removed"),
    ]
) { invocation throws(CommandFailure) in
    let console = invocation.console
    let spoolDirectory = try invocation.openSpool(create: false)
    let isDry = invocation.has("dry-run")
    func remove(_ location: JobLocation) throws(SpoolError) {
        if isDry { return try console.print(location.path) }
        try spoolDirectory.remove(location.id)
    }
    guard invocation.operands.isEmpty else {
        return try invocation.forEachJob { _, location throws(SpoolError) in
            try remove(location)
        }
    }
    let age = try invocation.timeSpan("older") ?? .seconds(7 * 86_400)
    var places = [Place.done]
    if invocation.has("failed") { places.append(.failed) }
    if invocation.has("dead") { places.append(.deadLetter) }
    var count = 0
    try spool { () throws(SpoolError) in
        for location in try spoolDirectory.locations(in: places) {
            guard let entry = spoolDirectory.entry(at: location) else { continue }
            let ended = entry.job?.finishedAt ?? Instant(milliseconds: location.id.milliseconds)
            guard spoolDirectory.now() - ended >= age else { continue }
            try remove(location)
            count += 1
        }
        guard places.contains(.deadLetter) else { return }
        for entry in try spoolDirectory.rejectedFiles() {
            guard let since = spoolDirectory.lastChange(of: entry),
                spoolDirectory.now() - since >= age
            else { continue }
            if isDry {
                try console.print(entry.path)
            } else {
                try spoolDirectory.removeRejected(entry)
            }
            count += 1
        }
    }
    console.say(MessageText.count(count, "job") + (isDry ? " would be removed" : " removed"))
    return ExitStatus.success
}

let initCommand = CommandTable(
    "init", "make a directory a spool", operands: "[DIRECTORY]", options: []
) { invocation throws(CommandFailure) in
    guard invocation.operands.count <= 1 else { throw .usage("one directory at a time") }
    var path = try invocation.spoolPath()
    if let named = invocation.operands.first { path = invocation.console.absolute(named) }
    _ = try spool { () throws(SpoolError) in try SpoolDirectory(at: path) }
    try spool { () throws(SpoolError) in try invocation.console.print(path) }
    return ExitStatus.success
}

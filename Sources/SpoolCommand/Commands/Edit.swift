import Spool
import SpoolSystem

let editCommand = CommandTable(
    "edit", "change what a waiting job asks for", operands: "JOB [FIELD=VALUE ...]", options: []
) { invocation throws(CommandFailure) in
    guard let name = invocation.operands.first else { throw .usage("name a job") }
    let changes = try invocation.operands.dropFirst().map {
        text throws(CommandFailure) in try FieldChange(text)
    }
    let spoolDirectory = try invocation.openSpool(create: false)
    let location = try spool { () throws(SpoolError) in try spoolDirectory.find(name) }
    guard changes.isEmpty else {
        try spool { () throws(SpoolError) in
            let id = try spoolDirectory.edit(location.id) { job throws(SpoolError) in
                job = try FieldChange.apply(changes, to: job)
            }
            invocation.tellOwnID(of: location, id)
        }
        return ExitStatus.success
    }
    return try EditorSession(invocation, spoolDirectory, location).run()
}

/// `FIELD=VALUE`: the value is JSON where it is JSON, and a text otherwise; none takes the field away.
private struct FieldChange {
    let field: String
    let value: JSONValue?

    init(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw .usage("\"\(text)\": FIELD=VALUE is wanted")
        }
        field = parts[0]
        do throws(SpoolError) {
            value =
                parts[1].isEmpty
                ? nil : try JSONText.decode(JSONValue.self, from: Array(parts[1].utf8))
        } catch {
            // Of these fields, any text is a value: half of an object would be one, too.
            let isCut = ["payload", "metadata"].contains(field)
            guard !isCut || !"{[\"".contains(parts[1].prefix(1)) else {
                throw .spool(SpoolError(.invalidJob, "\"\(field)\" \(error.message)"))
            }
            value = .string(parts[1])
        }
    }

    static func apply(_ changes: [FieldChange], to job: Job) throws(SpoolError) -> Job {
        var fields = try JSONText.decode([String: JSONValue].self, from: try job.json())
        for change in changes { fields[change.field] = change.value }
        return try Job(json: try JSONText.encode(fields, pretty: true))
    }
}

/// The job's file in the user's editor, taken over only when it is a job afterwards.
private struct EditorSession {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory
    private let location: JobLocation

    init(_ invocation: Invocation, _ spoolDirectory: SpoolDirectory, _ location: JobLocation) {
        self.invocation = invocation
        self.spoolDirectory = spoolDirectory
        self.location = location
    }

    func run() throws(CommandFailure) -> Int32 {
        let console = invocation.console
        let (editor, directory) = try spool { () throws(SpoolError) in
            (try Editor.command(console), try console.temporaryDirectory())
        }
        var wanted = try spool { () throws(SpoolError) in try spoolDirectory.read(location) }
        wanted.forgetRecord()
        let before = try spool { () throws(SpoolError) in try wanted.json() }
        let path = directory + "/spool-\(location.id)-edit.json"
        defer { ProcessControl.remove(path) }
        do throws(Errno) {
            try ProcessControl.writeNewFile(path, before)
        } catch {
            throw .spool(SpoolError(error, "create", path))
        }
        guard Editor.run(editor, path) else {
            throw .spool(SpoolError(.inputOutput, "\(editor) failed; the job is as it was"))
        }
        let after = try spool { () throws(SpoolError) in
            try invocation.console.readFile(path, limit: 1 << 20)
        }
        guard after != before else {
            invocation.console.say("nothing changed")
            return ExitStatus.success
        }
        try spool { () throws(SpoolError) in
            let edited = try Job(json: after)
            let id = try spoolDirectory.edit(location.id) { job throws(SpoolError) in
                job = edited
            }
            invocation.tellOwnID(of: location, id)
        }
        return ExitStatus.success
    }
}

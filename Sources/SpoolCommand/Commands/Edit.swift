import Spool
import SpoolSystem

let editCommand = CommandTable(
    "edit", "change what a waiting job asks for", operands: "JOB [FIELD=VALUE ...]",
    options: [Invocation.strict]
) { invocation throws(SpoolError) in
    guard let name = invocation.operands.first else { throw .usage("name a job") }
    let changes = try invocation.operands.dropFirst().map {
        text throws(SpoolError) in try FieldChange(text)
    }
    let spoolDirectory = try invocation.openSpool(create: false)
    let named = try invocation.with(operands: [name]).jobs(in: spoolDirectory)
    guard let location = named.first else { throw .usage("name a job") }
    guard changes.isEmpty else {
        if invocation.has("strict") {
            let before = try spoolDirectory.read(location)
            let times = try FieldChange.apply(changes, to: before).times(unlike: before)
            try invocation.tellPast(in: [times])
        }
        var times: [Job] = []
        let id = try spoolDirectory.edit(location.id, at: location) { job throws(SpoolError) in
            let before = job
            job = try FieldChange.apply(changes, to: job)
            times = [job.times(unlike: before)]
        }
        invocation.tellOwnID(of: location, id)
        try invocation.tellPast(in: times)
        return ExitStatus.success
    }
    return try EditorSession(invocation, spoolDirectory, location).run()
}

/// `FIELD=VALUE`: the value is JSON where it is JSON, and a text otherwise; none takes the field away.
private struct FieldChange {
    let field: String
    let value: JSONValue?

    init(_ text: String) throws(SpoolError) {
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
                throw SpoolError(.invalidJob, "\"\(field)\" \(error.message)")
            }
            value = .string(parts[1])
        }
    }

    static func apply(_ changes: [FieldChange], to job: Job) throws(SpoolError) -> Job {
        var fields = try JSONText.decode([String: JSONValue].self, from: try job.json())
        for change in changes {
            try RecordedFields.refuse(change.field)
            fields[change.field] = change.value
        }
        return try Job(json: try JSONText.encode(fields, pretty: true))
    }
}

extension Job {
    /// A job that says no more than those of its times that another one says otherwise.
    fileprivate func times(unlike other: Job) -> Job {
        var job = Job()
        // With it, the later one counts.
        job.delay = delay
        if notBefore != other.notBefore { job.notBefore = notBefore }
        if expires != other.expires { job.expires = expires }
        return job
    }
}

/// What the queue writes into a job's file is nobody else's to change.
private enum RecordedFields {
    static func refuse(_ field: String) throws(SpoolError) {
        guard Job.Field.recorded.contains(where: { $0.rawValue == field }) else { return }
        throw SpoolError(
            .invalidJob,
            "\"\(field)\" is what the queue records, and can't be changed; nothing was changed")
    }

    /// - Throws: where one differs between two texts of a job.
    static func refuseChanges(from before: [UInt8], to after: [UInt8]) throws(SpoolError) {
        let old = try JSONText.decode([String: JSONValue].self, from: before)
        let new = try JSONText.decode([String: JSONValue].self, from: after)
        for field in Job.Field.recorded where old[field.rawValue] != new[field.rawValue] {
            try refuse(field.rawValue)
        }
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

    func run() throws(SpoolError) -> Int32 {
        var wanted = try spoolDirectory.read(location)
        wanted.forgetRecord()
        let before = try wanted.json()
        let unique = spoolDirectory.ids.make(at: spoolDirectory.now()).description.suffix(8)
        let draft = EditedText(console: invocation.console, subject: "the job", limit: 1 << 20)
        return try draft.edit(
            before, as: "spool-\(location.id)-edit-\(unique).json"
        ) { after, _ throws(SpoolError) in
            try refusePast(after, before: before)
            let times: Job
            do throws(SpoolError) {
                times = try takeOver(after, before: before)
            } catch {
                guard error.code == .invalidJob else { throw error }
                invocation.console.say(error.message)
                return false
            }
            try invocation.tellPast(in: [times])
            return true
        }
    }

    /// What is no job is refused elsewhere.
    private func refusePast(_ after: [UInt8], before: [UInt8]) throws(SpoolError) {
        guard invocation.has("strict"), let edited = try? Job(json: after),
            let job = try? Job(json: before)
        else { return }
        try invocation.tellPast(in: [edited.times(unlike: job)])
    }

    /// - Returns: the times that are new.
    private func takeOver(_ after: [UInt8], before: [UInt8]) throws(SpoolError) -> Job {
        let edited = try Job(json: after)
        try RecordedFields.refuseChanges(from: before, to: after)
        let id = try spoolDirectory.edit(location.id, at: location) { job throws(SpoolError) in
            job = edited
        }
        invocation.tellOwnID(of: location, id)
        return edited.times(unlike: try Job(json: before))
    }
}

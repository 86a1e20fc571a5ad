import Spool

let editCommand = CommandTable(
    "edit", "change what a waiting job asks for", operands: "JOB [FIELD=VALUE ...]",
    options: [PastTimes.option]
) { invocation throws(SpoolError) in
    let request = try EditRequest(invocation)
    let context = invocation.context
    if !request.changes.isEmpty {
        try request.perform(in: context)
        return ExitStatus.success
    }
    let job = try request.draft(in: context)
    let draft = EditedText(console: invocation.console, subject: "the job", limit: 1 << 20)
    return try draft.edit(job.text, as: job.fileName) { text throws(SpoolError) in
        guard let fault = try request.replace(job, by: text, in: context) else { return true }
        EditView.say(fault, invocation.console)
        return false
    }
}

package struct EditRequest {
    package let name: String
    /// None: the whole text is edited.
    package let changes: [FieldChange]
    /// Whether a time that has passed is an error.
    package let isStrict: Bool

    package init(name: String, changes: [FieldChange], isStrict: Bool = false) {
        self.name = name
        self.changes = changes
        self.isStrict = isStrict
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        guard let name = invocation.operands.first else { throw .usage("name a job") }
        let changes = try invocation.operands.dropFirst().map { text throws(SpoolError) in
            try FieldChange(text)
        }
        self.init(name: name, changes: changes, isStrict: invocation.has("strict"))
    }

    private func location(
        in context: Context, _ spool: SpoolDirectory
    ) throws(SpoolError) -> JobLocation {
        guard
            let location = try JobNames(context, spool).jobs(
                [name], preferring: JobFilter.waiting
            ).first
        else {
            throw .usage("name a job")
        }
        return location
    }

    /// Changes the fields that are named.
    package func perform(in context: Context) throws(SpoolError) {
        let spool = try context.openSpool(create: false)
        let location = try location(in: context, spool)
        let past = PastTimes(isStrict: isStrict, context)
        if past.isStrict {
            let before = try JobReader(spool.storage).read(location)
            let times = try FieldChange.apply(changes, to: before).times(unlike: before)
            try past.check([times])
        }
        var times: [Job] = []
        let id = try spool.edit(location.id, at: location) { job throws(SpoolError) in
            let before = job
            job = try FieldChange.apply(changes, to: job)
            times = [job.times(unlike: before)]
        }
        context.remarkOwnID(of: location, id)
        try past.check(times)
    }

    // MARK: The whole text

    /// The text of the job, to be edited.
    package func draft(in context: Context) throws(SpoolError) -> JobDraft {
        let spool = try context.openSpool(create: false)
        let location = try location(in: context, spool)
        var job = try JobReader(spool.storage).read(location)
        job.forgetRecord()
        let unique = spool.storage.ids.make(at: spool.storage.now()).description.suffix(8)
        return JobDraft(
            location: location, text: try job.json(),
            fileName: "spool-\(location.id)-edit-\(unique).json")
    }

    /// Puts a text in the place of the job's own.
    ///
    /// - Returns: why the text is refused; nil if it isn't.
    package func replace(
        _ draft: JobDraft, by text: [UInt8], in context: Context
    ) throws(SpoolError) -> SpoolError? {
        let past = PastTimes(isStrict: isStrict, context)
        // A text that is no job is refused below.
        if past.isStrict, let after = try? Job(json: text),
            let before = try? Job(json: draft.text)
        {
            try past.check([after.times(unlike: before)])
        }
        let times: Job
        do throws(SpoolError) {
            times = try draft.replace(by: text, in: context)
        } catch {
            guard error.code == .invalidJob else { throw error }
            return error
        }
        try past.check([times])
        return nil
    }
}

/// A job whose text is edited.
package struct JobDraft {
    let location: JobLocation
    /// Without what the queue records.
    package let text: [UInt8]
    /// Of a file that nobody else has.
    package let fileName: String

    /// - Returns: the times that are new.
    fileprivate func replace(by after: [UInt8], in context: Context) throws(SpoolError) -> Job {
        let new = try Job(json: after)
        try RecordedFields.refuseChanges(from: text, to: after)
        let spool = try context.openSpool(create: false)
        let id = try spool.edit(location.id, at: location) { job throws(SpoolError) in
            var present = job
            present.forgetRecord()
            guard try present.json() == text else {
                throw SpoolError(
                    .busy,
                    "somebody else has changed job \(location.id) meanwhile; it is left as it is")
            }
            job = new
        }
        context.remarkOwnID(of: location, id)
        return new.times(unlike: try Job(json: text))
    }
}

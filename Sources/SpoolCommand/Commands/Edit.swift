import Spool

let editCommand = CommandTable(
    "edit", "change what a waiting job asks for", operands: "JOB [FIELD=VALUE ...]",
    options: [PastTimes.option]
) { invocation throws(SpoolError) in
    let request = try EditRequest(invocation)
    let job = try request.job(in: invocation.context)
    if !request.changes.isEmpty {
        try request.result(in: invocation.context, job)
        return ExitStatus.success
    }
    let draft = EditedText(console: invocation.console, subject: "the job", limit: 1 << 20)
    return try draft.edit(job.text, as: job.draftName) { text, _ throws(SpoolError) in
        guard let fault = try request.replace(job, by: text, in: invocation.context) else {
            return true
        }
        invocation.console.say(fault.message)
        return false
    }
}

struct EditRequest {
    let name: String
    /// None: the whole text is edited.
    let changes: [FieldChange]
    private let past: PastTimes

    init(_ invocation: Invocation) throws(SpoolError) {
        guard let name = invocation.operands.first else { throw .usage("name a job") }
        self.name = name
        changes = try invocation.operands.dropFirst().map { text throws(SpoolError) in
            try FieldChange(text)
        }
        past = PastTimes(invocation)
    }

    func job(in context: Context) throws(SpoolError) -> EditedJob {
        let spool = try context.openSpool(create: false)
        guard let location = try JobNames(context, spool).jobs([name]).first else {
            throw .usage("name a job")
        }
        return try EditedJob(spool, location, isWhole: changes.isEmpty)
    }

    /// Changes the fields that are named.
    func result(in context: Context, _ edited: EditedJob) throws(SpoolError) {
        let (spool, location) = (edited.spool, edited.location)
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

    /// Puts a text in the place of the job's own.
    ///
    /// - Returns: why the text is refused; nil if it isn't.
    func replace(
        _ edited: EditedJob, by text: [UInt8], in context: Context
    ) throws(SpoolError) -> SpoolError? {
        // A text that is no job is refused below.
        if past.isStrict, let after = try? Job(json: text),
            let before = try? Job(json: edited.text)
        {
            try past.check([after.times(unlike: before)])
        }
        let times: Job
        do throws(SpoolError) {
            times = try edited.replace(by: text, in: context)
        } catch {
            guard error.code == .invalidJob else { throw error }
            return error
        }
        try past.check([times])
        return nil
    }
}

/// A job that is edited.
struct EditedJob {
    let spool: SpoolDirectory
    let location: JobLocation
    /// Without what the queue records; empty unless the whole is edited.
    let text: [UInt8]

    init(
        _ spool: SpoolDirectory, _ location: JobLocation, isWhole: Bool
    ) throws(SpoolError) {
        self.spool = spool
        self.location = location
        guard isWhole else {
            text = []
            return
        }
        var job = try JobReader(spool.storage).read(location)
        job.forgetRecord()
        text = try job.json()
    }

    /// Of a file that nobody else has.
    var draftName: String {
        let unique = spool.storage.ids.make(at: spool.storage.now()).description.suffix(8)
        return "spool-\(location.id)-edit-\(unique).json"
    }

    /// - Returns: the times that are new.
    fileprivate func replace(by after: [UInt8], in context: Context) throws(SpoolError) -> Job {
        let new = try Job(json: after)
        try RecordedFields.refuseChanges(from: text, to: after)
        let id = try spool.edit(location.id, at: location) { job throws(SpoolError) in job = new }
        context.remarkOwnID(of: location, id)
        return new.times(unlike: try Job(json: text))
    }
}

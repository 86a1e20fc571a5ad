import Spool

/// `FIELD=VALUE`: a value that isn't JSON is a text; an empty one takes the field away.
package struct FieldChange {
    let field: String
    let value: JSONValue?

    /// - Parameter text: such as `queue=night`.
    package init(_ text: String) throws(SpoolError) {
        guard let (field, text) = Invocation.pair(text) else {
            throw .usage("\"\(text)\": FIELD=VALUE is wanted")
        }
        self.field = field
        do throws(SpoolError) {
            value =
                text.isEmpty ? nil : try JSONText.decode(JSONValue.self, from: Array(text.utf8))
        } catch {
            // Of these fields, any text is a value: half of an object would be one, too.
            let isCut = ["payload", "metadata"].contains(field)
            guard !isCut || !"{[\"".contains(text.prefix(1)) else {
                throw SpoolError(.invalidJob, "\"\(field)\" \(error.message)")
            }
            value = .string(text)
        }
    }

    static func apply(_ changes: [FieldChange], to job: Job) throws(SpoolError) -> Job {
        var fields = try JSONText.decode([String: JSONValue].self, from: try job.json())
        for change in changes {
            try RecordedFields.refuse(change.field)
            try change.refusePart()
            fields[change.field] = change.value
        }
        return try Job(json: try JSONText.encode(fields, pretty: true))
    }

    /// - Throws: `.invalidJob` if only a part of a field is meant, as in `tags.a=b`.
    private func refusePart() throws(SpoolError) {
        let parts = field.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, Job.Field(rawValue: parts[0]) != nil else { return }
        throw SpoolError(
            .invalidJob,
            "\"\(field)\": only the whole of \"\(parts[0])\" can be set, as JSON:"
                + " '\(parts[0])={\"\(parts[1])\": …}'; nothing was changed")
    }
}

extension Job {
    /// A job that has only those of its times that differ from another job's.
    func times(unlike other: Job) -> Job {
        var job = Job()
        // With it, the later one counts.
        job.delay = delay
        if notBefore != other.notBefore { job.notBefore = notBefore }
        if expires != other.expires { job.expires = expires }
        return job
    }
}

/// Fields of a job's file that only the queue may change.
enum RecordedFields {
    static func refuse(_ field: String) throws(SpoolError) {
        guard Job.Field.recorded.contains(where: { $0.rawValue == field }) else { return }
        throw SpoolError(
            .invalidJob,
            "\"\(field)\" is what the queue records, and can't be changed; nothing was changed")
    }

    /// - Throws: `.invalidJob` if one differs between two texts of a job.
    static func refuseChanges(from before: [UInt8], to after: [UInt8]) throws(SpoolError) {
        let old = try JSONText.decode([String: JSONValue].self, from: before)
        let new = try JSONText.decode([String: JSONValue].self, from: after)
        for field in Job.Field.recorded where old[field.rawValue] != new[field.rawValue] {
            try refuse(field.rawValue)
        }
    }
}

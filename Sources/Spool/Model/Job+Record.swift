extension Job {
    /// Whether a queue has recorded anything.
    var hasRecord: Bool {
        var search = RecordSearch()
        for field in Field.allCases { field.visit(&search, self) }
        return search.isFound
    }

    /// Takes away the record of a queue: the job is then as its user wrote it. The slot that it was made for stays, as
    /// that is true of a copy too.
    package mutating func forgetRecord() {
        var removal = RecordRemoval(job: self)
        for field in Field.allCases { field.visit(&removal, ()) }
        self = removal.job
    }
}

private struct RecordSearch: JobFieldVisitor {
    var isFound = false

    @inline(__always)
    mutating func visit<Value: Codable>(_ facts: JobField<Value>, _ job: Job) {
        if facts.writer == .queue, job[keyPath: facts.path] != nil { isFound = true }
    }
}

private struct RecordRemoval: JobFieldVisitor {
    var job: Job

    @inline(__always)
    mutating func visit<Value: Codable>(_ facts: JobField<Value>, _ subject: Void) {
        if facts.writer == .queue { job[keyPath: facts.path] = nil }
    }
}

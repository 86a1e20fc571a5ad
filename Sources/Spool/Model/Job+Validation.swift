extension Job {
    /// Everything that a job file must keep beyond its form.
    ///
    /// - Throws: `SpoolError.invalidJob`, which names the field and the remedy. Of several faults, that of the first
    ///   field in the order of `Field.explained`.
    package func validate() throws(SpoolError) {
        switch (command, type) {
        case (nil, nil):
            throw JobCheck.invalid("command", "is missing; write what to run: {\"command\": \"…\"}")
        case (.some, .some):
            throw JobCheck.invalid("command", "and \"type\" exclude each other; keep one of them")
        default: break
        }
        if payload != nil && type == nil && stdin != nil {
            throw JobCheck.invalid(
                "payload", "and \"stdin\" both want the standard input; keep one of them")
        }
        var validation = JobValidation()
        for field in Field.explained { try field.visit(&validation, self) }
    }
}

private struct JobValidation: JobFieldVisitor {
    @inline(__always)
    func visit<Value: Codable>(_ facts: JobField<Value>, _ job: Job) throws(SpoolError) {
        if let check = facts.check, let value = job[keyPath: facts.path] { try check(value, job) }
    }
}

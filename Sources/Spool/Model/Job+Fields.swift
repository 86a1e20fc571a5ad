import SpoolTime

extension Job {
    /// The names in the file, in alphabetical order, in which they are written.
    ///
    /// The table of `visit` holds everything else about a field. Code that deals with all fields asks that table.
    package enum Field: String, CodingKey, CaseIterable, Sendable {
        case attempts, backoff, command, cron, cwd, delay
        case earlierAttempts = "earlier_attempts"
        case env, expires
        case finishedAt = "finished_at"
        case id
        case keepChildren = "keep_children"
        case key
        case keyUntil = "key_until"
        case killAfter = "kill_after"
        case limits, mail
        case maxAttempts = "max_attempts"
        case message, metadata, mode, name
        case notBefore = "not_before"
        case parent, payload, priority, project, queue, requires, result
        case retryAt = "retry_at"
        case retryOn = "retry_on"
        case slots, state, stdin
        case submittedAt = "submitted_at"
        case submittedBy = "submitted_by"
        case successOn = "success_on"
        case sync, tags, timeout, type, umask

        /// The writer of a field.
        package enum Writer {
            case user
            case queue
            /// It is the queue's as well, but stays true of a copy.
            case scheduler
        }

        /// All of them, in the order in which spool-format(5) explains them. In this order they are read and checked, so
        /// that of several faults the same one is always told.
        package static let explained: [Field] = [
            .command, .type, .payload, .name, .key, .keyUntil, .queue, .priority, .tags, .metadata,
            .project, .parent, .cwd, .env, .stdin, .umask, .notBefore, .delay, .expires, .timeout,
            .killAfter,
            .keepChildren, .maxAttempts, .backoff, .retryOn, .successOn, .requires, .slots,
            .limits, .mode, .mail, .sync, .id, .submittedAt, .submittedBy, .cron, .attempts,
            .earlierAttempts, .state, .retryAt, .finishedAt, .message, .result,
        ]

        /// Those that aren't the user's to write.
        package static let recorded = allCases.filter { $0.writer != .user }
    }
}

/// The facts about one field.
struct JobField<Value: Codable> {
    /// Throws for a value that the field can't have in this job.
    typealias Check = (Value, Job) throws(SpoolError) -> Void

    let field: Job.Field
    let path: WritableKeyPath<Job, Value?>
    let writer: Job.Field.Writer
    let check: Check?
}

/// An operation on fields, whatever their types.
///
/// A visit is inlined where the table names the field, so that its path is known when the program is built. It costs as
/// much as if it were written there.
protocol JobFieldVisitor {
    /// The value that a visit needs besides the visitor.
    associatedtype Subject
    associatedtype Failure: Error

    mutating func visit<Value: Codable>(
        _ facts: JobField<Value>, _ subject: Subject
    ) throws(Failure)

    /// As `visit(_:_:)`, for a field whose items may be looked at one by one.
    mutating func visit<Item: Codable>(
        items facts: JobField<[Item]>, _ subject: Subject
    ) throws(Failure)
}

extension JobFieldVisitor {
    @inline(__always)
    mutating func visit<Item: Codable>(
        items facts: JobField<[Item]>, _ subject: Subject
    ) throws(Failure) {
        try visit(facts, subject)
    }
}

extension Job.Field {
    /// The table: the place of each field in a job, its writer, and the rule that it must keep.
    func visit<Visitor: JobFieldVisitor>(
        _ visitor: inout Visitor, _ subject: Visitor.Subject
    ) throws(Visitor.Failure) {
        switch self {
        case .command: try visitor.visit(of(\.command, .user, JobCheck.command), subject)
        case .type: try visitor.visit(of(\.type, .user, JobCheck.type), subject)
        case .payload: try visitor.visit(of(\.payload, .user, DepthRule.payload), subject)
        case .name: try visitor.visit(of(\.name, .user, JobCheck.name), subject)
        case .key: try visitor.visit(of(\.key, .user, KeyRule.key), subject)
        case .keyUntil: try visitor.visit(of(\.keyUntil, .user, KeyRule.lifetime), subject)
        case .queue: try visitor.visit(of(\.queue, .user, JobCheck.queue), subject)
        case .priority: try visitor.visit(of(\.priority, .user), subject)
        case .tags: try visitor.visit(of(\.tags, .user), subject)
        case .metadata: try visitor.visit(of(\.metadata, .user, DepthRule.metadata), subject)
        case .project: try visitor.visit(of(\.project, .user), subject)
        case .parent: try visitor.visit(of(\.parent, .user), subject)
        case .cwd: try visitor.visit(of(\.cwd, .user, JobCheck.directory), subject)
        case .env: try visitor.visit(of(\.env, .user, JobCheck.variables), subject)
        case .stdin: try visitor.visit(of(\.stdin, .user, JobCheck.input), subject)
        case .umask: try visitor.visit(of(\.umask, .user), subject)
        case .notBefore: try visitor.visit(of(\.notBefore, .user, JobCheck.notBefore), subject)
        case .delay: try visitor.visit(of(\.delay, .user, JobCheck.delay), subject)
        case .expires: try visitor.visit(of(\.expires, .user, JobCheck.expiry), subject)
        case .timeout: try visitor.visit(of(\.timeout, .user, JobCheck.timeout), subject)
        case .killAfter: try visitor.visit(of(\.killAfter, .user, JobCheck.killAfter), subject)
        case .keepChildren: try visitor.visit(of(\.keepChildren, .user), subject)
        case .maxAttempts: try visitor.visit(of(\.maxAttempts, .user, JobCheck.tries), subject)
        case .backoff: try visitor.visit(of(\.backoff, .user, JobCheck.backoff), subject)
        case .retryOn: try visitor.visit(items: of(\.retryOn, .user, JobCheck.exitCodes), subject)
        case .successOn:
            try visitor.visit(items: of(\.successOn, .user, JobCheck.exitCodes), subject)
        case .requires: try visitor.visit(of(\.requires, .user, JobCheck.capabilities), subject)
        case .slots: try visitor.visit(of(\.slots, .user, JobCheck.slots), subject)
        case .limits: try visitor.visit(of(\.limits, .user, JobCheck.limits), subject)
        case .mode: try visitor.visit(of(\.mode, .user), subject)
        case .mail: try visitor.visit(of(\.mail, .user, JobCheck.mail), subject)
        case .sync: try visitor.visit(of(\.sync, .user), subject)
        case .id: try visitor.visit(of(\.id, .queue), subject)
        case .submittedAt: try visitor.visit(of(\.submittedAt, .queue), subject)
        case .submittedBy: try visitor.visit(of(\.submittedBy, .queue), subject)
        case .cron: try visitor.visit(of(\.cron, .scheduler, JobCheck.recurrence), subject)
        case .attempts: try visitor.visit(items: of(\.attempts, .queue, JobCheck.attempts), subject)
        case .earlierAttempts:
            try visitor.visit(of(\.earlierAttempts, .queue, JobCheck.earlierAttempts), subject)
        case .state: try visitor.visit(of(\.state, .queue), subject)
        case .retryAt: try visitor.visit(of(\.retryAt, .queue), subject)
        case .finishedAt: try visitor.visit(of(\.finishedAt, .queue), subject)
        case .message: try visitor.visit(of(\.message, .queue), subject)
        case .result: try visitor.visit(of(\.result, .queue), subject)
        }
    }

    @inline(__always)
    private func of<Value: Codable>(
        _ path: WritableKeyPath<Job, Value?>, _ writer: Writer,
        _ check: JobField<Value>.Check? = nil
    ) -> JobField<Value> {
        JobField(field: self, path: path, writer: writer, check: check)
    }

    private var writer: Writer {
        var question = WriterQuestion()
        visit(&question, ())
        return question.answer
    }
}

private struct WriterQuestion: JobFieldVisitor {
    var answer = Job.Field.Writer.user

    mutating func visit<Value: Codable>(_ facts: JobField<Value>, _ subject: Void) {
        answer = facts.writer
    }
}

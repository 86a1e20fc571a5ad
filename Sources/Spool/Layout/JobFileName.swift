import SpoolTime

/// The name of a job's file: `[DUE-][RANK-]ULID[.ATTEMPT].json`. The one gate for names: no other text is
/// ever taken for a job of the queue.
public struct JobFileName: Hashable, Comparable, Sendable {
    public var due: Instant?
    public var priority: Job.Priority?
    public var id: JobID
    /// The number of the attempt, in running/: the fencing token.
    public var attempt: Int?

    package init(id: JobID, priority: Job.Priority? = nil, due: Instant? = nil, attempt: Int? = nil)
    {
        self.id = id
        self.priority = priority
        self.due = due
        self.attempt = attempt
    }

    /// nil for every text that isn't exactly as `text` writes it.
    public init?(_ text: some StringProtocol) {
        let name =
            text.utf8.withContiguousStorageIfAvailable { JobFileName(bytes: $0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { JobFileName(bytes: $0) }
        guard let name else { return nil }
        self = name
    }

    /// The same of the bytes of the name, without a text being made.
    package init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.suffix(5).elementsEqual(".json".utf8) else { return nil }
        var rest = bytes.dropLast(5)
        // 20261121T073000.000Z-
        if rest.count > 21, rest[20] == UInt8(ascii: "-"), rest[8] == UInt8(ascii: "T") {
            guard let due = Instant(compact: JobFileName.text(rest[..<20])) else { return nil }
            self.due = due
            rest = rest.dropFirst(21)
        }
        if rest.count > 2, rest[rest.startIndex + 1] == UInt8(ascii: "-") {
            let digit = Int(rest[rest.startIndex]) - 48
            guard let priority = Job.Priority(rank: digit) else { return nil }
            self.priority = priority
            rest = rest.dropFirst(2)
        }
        guard rest.count >= 26, let id = JobID(bytes: rest.prefix(26)),
            // Ids are written in upper case; another spelling would be a second name of the same job.
            rest.prefix(26).allSatisfy({ !(97...122).contains($0) })
        else { return nil }
        self.id = id
        rest = rest.dropFirst(26)
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: "."), (2...7).contains(rest.count),
                rest.dropFirst().allSatisfy({ (48...57).contains($0) }),
                let attempt = Int(JobFileName.text(rest.dropFirst())), attempt > 0,
                String(attempt).utf8.count == rest.count - 1
            else { return nil }
            self.attempt = attempt
        }
    }

    public var text: String {
        var text = ""
        if let due { text += due.compact + "-" }
        if let priority { text += "\(priority.rank)-" }
        text += id.description
        if let attempt { text += ".\(attempt)" }
        return text + ".json"
    }

    /// Whether a place may hold a file of this form, as the table in spool-format(5) has it.
    package func fits(_ place: Place) -> Bool {
        switch place {
        case .incoming, .blocked, .held: due == nil && priority != nil && attempt == nil
        case .scheduled: due != nil && priority != nil && attempt == nil
        case .running: due == nil && priority == nil && attempt != nil
        case .done, .failed, .deadLetter: due == nil && priority == nil && attempt == nil
        }
    }

    /// The form of the names in a place, for people.
    package static func form(in place: Place) -> String {
        switch place {
        case .incoming, .blocked, .held: "RANK-ULID.json"
        case .scheduled: "DUE-RANK-ULID.json"
        case .running: "ULID.ATTEMPT.json"
        case .done, .failed, .deadLetter: "ULID.json"
        }
    }

    /// In the order in which jobs come up: by time, then by rank, then by id, then by the attempt.
    public static func < (left: JobFileName, right: JobFileName) -> Bool {
        if left.due != right.due {
            return (left.due?.microseconds ?? .min) < (right.due?.microseconds ?? .min)
        }
        if left.priority != right.priority {
            return (left.priority?.rank ?? 0) < (right.priority?.rank ?? 0)
        }
        if left.id != right.id { return left.id < right.id }
        return (left.attempt ?? 0) < (right.attempt ?? 0)
    }

    private static func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

import SpoolTime

extension Job: Codable {
    /// The names in the file, in the order in which spool-format(5) explains them.
    package enum Field: String, CodingKey, CaseIterable {
        case command, type, payload, name, queue, priority, tags, metadata, project, parent
        case cwd, env, stdin, umask
        case notBefore = "not_before"
        case delay, expires, timeout
        case killAfter = "kill_after"
        case keepChildren = "keep_children"
        case maxAttempts = "max_attempts"
        case backoff
        case retryOn = "retry_on"
        case successOn = "success_on"
        case requires, slots, limits, mode, mail, sync
        case id
        case submittedAt = "submitted_at"
        case submittedBy = "submitted_by"
        case cron
        case attempts
        case earlierAttempts = "earlier_attempts"
        case state
        case retryAt = "retry_at"
        case finishedAt = "finished_at"
        case message, result

        /// The fields that the queue writes; the others are the user's.
        package static let recorded: [Field] = [
            .id, .submittedAt, .submittedBy, .cron, .attempts, .earlierAttempts, .state, .retryAt,
            .finishedAt, .message, .result,
        ]
    }

    public init(from decoder: any Decoder) throws {
        let fields = try FieldReader<Field>(decoder, isStrict: true)
        func read<Value: Decodable>(_ field: Field) throws -> Value? { try fields.read(field) }
        command = try read(.command)
        type = try read(.type)
        payload = try read(.payload)
        name = try read(.name)
        queue = try read(.queue)
        priority = try read(.priority)
        tags = try read(.tags)
        metadata = try read(.metadata)
        project = try read(.project)
        parent = try read(.parent)
        cwd = try read(.cwd)
        env = try read(.env)
        stdin = try read(.stdin)
        umask = try read(.umask)
        notBefore = try read(.notBefore)
        delay = try read(.delay)
        expires = try read(.expires)
        timeout = try read(.timeout)
        killAfter = try read(.killAfter)
        keepChildren = try read(.keepChildren)
        maxAttempts = try read(.maxAttempts)
        backoff = try read(.backoff)
        retryOn = try read(.retryOn)
        successOn = try read(.successOn)
        requires = try read(.requires)
        slots = try read(.slots)
        limits = try read(.limits)
        mode = try read(.mode)
        mail = try read(.mail)
        sync = try read(.sync)
        id = try read(.id)
        submittedAt = try read(.submittedAt)
        submittedBy = try read(.submittedBy)
        cron = try read(.cron)
        attempts = try read(.attempts)
        earlierAttempts = try read(.earlierAttempts)
        state = try read(.state)
        retryAt = try read(.retryAt)
        finishedAt = try read(.finishedAt)
        message = try read(.message)
        result = try read(.result)
    }

    public func encode(to encoder: any Encoder) throws {
        let fields = FieldWriter(encoder)
        func write(_ value: (some Encodable)?, _ field: Field) throws {
            try fields.write(value, field)
        }
        try fields.write(items: attempts, Field.attempts)
        try write(backoff, .backoff)
        try write(command, .command)
        try write(cron, .cron)
        try write(cwd, .cwd)
        try write(delay, .delay)
        try write(earlierAttempts, .earlierAttempts)
        try write(env, .env)
        try write(expires, .expires)
        try write(finishedAt, .finishedAt)
        try write(id, .id)
        try write(keepChildren, .keepChildren)
        try write(killAfter, .killAfter)
        try write(limits, .limits)
        try write(mail, .mail)
        try write(maxAttempts, .maxAttempts)
        try write(message, .message)
        try write(metadata, .metadata)
        try write(mode, .mode)
        try write(name, .name)
        try write(notBefore, .notBefore)
        try write(parent, .parent)
        try write(payload, .payload)
        try write(priority, .priority)
        try write(project, .project)
        try write(queue, .queue)
        try write(requires, .requires)
        try write(result, .result)
        try write(retryAt, .retryAt)
        try write(retryOn, .retryOn)
        try write(slots, .slots)
        try write(state, .state)
        try write(stdin, .stdin)
        try write(submittedAt, .submittedAt)
        try write(submittedBy, .submittedBy)
        try write(successOn, .successOn)
        try write(sync, .sync)
        try write(tags, .tags)
        try write(timeout, .timeout)
        try write(type, .type)
        try write(umask, .umask)
    }
}

extension Limits {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case memory
        case cpuTime = "cpu_time"
        case openFiles = "open_files"
        case processes, output, nice
    }

    public init(from decoder: any Decoder) throws {
        let fields = try FieldNames.checkedContainer(of: decoder, keyedBy: CodingKeys.self)
        memory = try fields.decodeIfPresent(ByteCount.self, forKey: .memory)
        cpuTime = try fields.decodeIfPresent(TimeSpan.self, forKey: .cpuTime)
        openFiles = try fields.decodeIfPresent(Int64.self, forKey: .openFiles)
        processes = try fields.decodeIfPresent(Int64.self, forKey: .processes)
        output = try fields.decodeIfPresent(ByteCount.self, forKey: .output)
        nice = try fields.decodeIfPresent(Int32.self, forKey: .nice)
    }
}

extension Expiry: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let instant = try? container.decode(Instant.self) {
            self = .at(instant)
        } else if let span = try? container.decode(TimeSpan.self) {
            self = .after(span)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "write a time (2026-11-21T07:30:00Z) or a length of time (2h)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .at(let instant): try container.encode(instant)
        case .after(let span): try container.encode(span)
        }
    }
}

extension FileMask: Codable, CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: 4) { digits in
            for place in 0..<4 {
                digits[3 - place] = UInt8(ascii: "0") + UInt8(bits >> (3 * place) & 7)
            }
            return 4
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), text.utf8.count <= 5,
            let bits = UInt32(text, radix: 8), let mask = FileMask(bits: bits)
        else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "write the mask as octal text, such as \"0022\"")
        }
        self = mask
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ByteCount: Codable, CustomStringConvertible {
    private static let units: [(suffix: Character, size: Int64)] = [
        ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("T", 1 << 40),
    ]

    /// Reads `1048576`, `1024K`, `1M`, `1MiB`.
    public init?(_ text: String) {
        var digits = Substring(text)
        for ending in ["iB", "B"] where digits.hasSuffix(ending) {
            digits = digits.dropLast(ending.count)
            break
        }
        var size: Int64 = 1
        if let unit = ByteCount.units.first(where: { $0.suffix == digits.last }) {
            size = unit.size
            digits = digits.dropLast()
        }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int64(digits) else {
            return nil
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        for unit in ByteCount.units.reversed() where bytes >= unit.size && bytes % unit.size == 0 {
            return "\(bytes / unit.size)\(unit.suffix)"
        }
        return String(bytes)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text: String
        if let number = try? container.decode(Int64.self) {
            text = String(number)
        } else {
            text = try container.decode(String.self)
        }
        guard let count = ByteCount(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not a number of bytes; write 1048576 or 512M")
        }
        self = count
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

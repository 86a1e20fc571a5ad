import SpoolTime

extension Job: Codable {
    public init(from decoder: any Decoder) throws {
        let source = try FieldReader<Field>(decoder, isStrict: true)
        var decoding = JobDecoding()
        for field in Field.explained where source.mayHave(field) {
            try field.visit(&decoding, source)
        }
        self = decoding.job
    }

    public func encode(to encoder: any Encoder) throws {
        var encoding = JobEncoding(fields: FieldWriter(encoder))
        for field in Field.allCases { try field.visit(&encoding, self) }
    }
}

private struct JobDecoding: JobFieldVisitor {
    var job = Job()

    @inline(__always)
    mutating func visit<Value: Codable>(
        _ facts: JobField<Value>, _ source: FieldReader<Job.Field>
    ) throws {
        job[keyPath: facts.path] = try source.read(facts.field)
    }
}

private struct JobEncoding: JobFieldVisitor {
    let fields: FieldWriter

    @inline(__always)
    func visit<Value: Codable>(_ facts: JobField<Value>, _ job: Job) throws {
        try fields.write(job[keyPath: facts.path], facts.field)
    }

    @inline(__always)
    func visit<Item: Codable>(items facts: JobField<[Item]>, _ job: Job) throws {
        try fields.write(items: job[keyPath: facts.path], facts.field)
    }
}

extension Job.Limits {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case memory
        case cpuTime = "cpu_time"
        case openFiles = "open_files"
        case processes, output, nice
    }

    public init(from decoder: any Decoder) throws {
        let fields = try FieldNames.checkedContainer(of: decoder, keyedBy: CodingKeys.self)
        memory = try fields.decodeIfPresent(Job.ByteCount.self, forKey: .memory)
        cpuTime = try fields.decodeIfPresent(TimeSpan.self, forKey: .cpuTime)
        openFiles = try fields.decodeIfPresent(Int64.self, forKey: .openFiles)
        processes = try fields.decodeIfPresent(Int64.self, forKey: .processes)
        output = try fields.decodeIfPresent(Job.ByteCount.self, forKey: .output)
        nice = try fields.decodeIfPresent(Int32.self, forKey: .nice)
    }
}

extension Job.Expiry: Codable {
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

extension Job.KeyLifetime: Codable {
    /// - Parameter text: `start`, `end`, `kept` or a length of time.
    package init?(_ text: String) {
        switch text {
        case "start": self = .start
        case "end": self = .end
        case "kept": self = .kept
        default:
            guard let span = TimeSpan(text) else { return nil }
            self = .after(span)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self), let lifetime = Job.KeyLifetime(text) {
            self = lifetime
        } else if let span = try? container.decode(TimeSpan.self) {
            self = .after(span)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "write start, end, kept or a length of time from submission (2h)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .start: try container.encode("start")
        case .end: try container.encode("end")
        case .kept: try container.encode("kept")
        case .after(let span): try container.encode(span)
        }
    }
}

extension Job.FileMask: Codable, CustomStringConvertible {
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
            let bits = UInt32(text, radix: 8), let mask = Job.FileMask(bits: bits)
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

extension Job.ByteCount: Codable, CustomStringConvertible {
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
        if let unit = Job.ByteCount.units.first(where: { $0.suffix == digits.last }) {
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
        for unit in Job.ByteCount.units.reversed()
        where bytes >= unit.size && bytes % unit.size == 0 {
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
        guard let count = Job.ByteCount(text) else {
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

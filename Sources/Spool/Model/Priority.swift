extension Job {
    /// How urgent a job is: a rank from 0, which runs first, to 9. Within one rank the older job runs first.
    public struct Priority: Hashable, Comparable, Sendable {
        /// 0 to 9.
        public let rank: Int

        public init?(rank: Int) {
            guard (0...9).contains(rank) else { return nil }
            self.rank = rank
        }

        private init(_ rank: Int) {
            self.rank = rank
        }

        public static let critical = Job.Priority(1)
        public static let high = Job.Priority(3)
        public static let normal = Job.Priority(5)
        public static let low = Job.Priority(7)
        public static let maintenance = Job.Priority(9)

        package static let names: [(name: String, priority: Job.Priority)] = [
            ("critical", critical), ("high", high), ("normal", normal), ("low", low),
            ("maintenance", maintenance),
        ]

        /// Reads a name or a digit.
        public init?(_ text: String) {
            if let named = Job.Priority.names.first(where: { $0.name == text }) {
                self = named.priority
            } else if text.utf8.count == 1, let rank = Int(text) {
                self.init(rank: rank)
            } else {
                return nil
            }
        }

        /// The lower rank is the more urgent one.
        public static func < (left: Job.Priority, right: Job.Priority) -> Bool {
            left.rank < right.rank
        }
    }
}

extension Job.Priority: CustomStringConvertible {
    public var description: String {
        Job.Priority.names.first { $0.priority == self }?.name ?? String(rank)
    }
}

extension Job.Priority: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text: String
        if let number = try? container.decode(Int.self) {
            text = String(number)
        } else {
            text = try container.decode(String.self)
        }
        guard let priority = Job.Priority(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "\"\(text)\" is not a priority; write critical, high, normal, low,"
                    + " maintenance, or a number from 0 (first) to 9")
        }
        self = priority
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if Job.Priority.names.contains(where: { $0.priority == self }) {
            try container.encode(description)
        } else {
            try container.encode(rank)
        }
    }
}

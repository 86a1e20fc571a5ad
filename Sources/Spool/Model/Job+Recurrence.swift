import SpoolTime

extension Job {
    /// Which entry of a crontab made the job, and for when.
    public struct Recurrence: Codable, Hashable, Sendable {
        /// The entry's name.
        public var entry: String
        /// When it was due; nil for a run by hand.
        public var slot: Instant?
        /// How many earlier slots it stands for, as nothing ran when they were due; nil for none.
        public var missed: Int?

        public init(entry: String, slot: Instant?, missed: Int? = nil) {
            self.entry = entry
            self.slot = slot
            self.missed = missed
        }
    }

    /// The people who are told by mail how the job ended.
    public struct Mail: Codable, Hashable, Sendable {
        /// Addresses, with commas between them.
        public var to: String
        /// nil: the user who runs the queue.
        public var from: String?

        public init(to: String, from: String? = nil) {
            self.to = to
            self.from = from
        }

        private enum CodingKeys: String, CodingKey, CaseIterable { case to, from }

        public init(from decoder: any Decoder) throws {
            let fields = try FieldNames.checkedContainer(of: decoder, keyedBy: CodingKeys.self)
            to = try fields.decode(String.self, forKey: .to)
            from = try fields.decodeIfPresent(String.self, forKey: .from)
        }
    }
}

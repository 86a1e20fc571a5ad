import SpoolTime

extension Job {
    /// How long a job waits before it is tried again.
    public enum Backoff: Hashable, Sendable {
        /// The same delay each time.
        case fixed(delay: TimeSpan, jitter: Double)
        /// `delay` after the first try, twice that after the second, and so on, never above `max`.
        case linear(delay: TimeSpan, max: TimeSpan, jitter: Double)
        /// `delay` × `factor`ⁿ after try n + 1, never above `max`.
        case exponential(delay: TimeSpan, factor: Double, max: TimeSpan, jitter: Double)
        /// One delay after each try; the last one repeats.
        case delays([TimeSpan])

        /// 1 s, 2 s, 4 s … up to an hour, give or take a tenth.
        public static let standard = Job.Backoff.exponential(
            delay: .seconds(1), factor: 2, max: .seconds(3600), jitter: 0.1)

        /// The wait after `tries` tries have ended.
        ///
        /// - Parameters:
        ///   - tries: 1 after the first.
        ///   - random: from 0 to 1; the jitter spreads the wait by that share to both sides.
        public func delay(afterTry tries: Int, random: Double) -> TimeSpan {
            let step = max(1, tries)
            switch self {
            case .fixed(let delay, let jitter):
                return Job.Backoff.spread(delay.inSeconds, jitter, random)
            case .linear(let delay, let limit, let jitter):
                return Job.Backoff.spread(
                    min(delay.inSeconds * Double(step), limit.inSeconds), jitter, random)
            case .exponential(let delay, let factor, let limit, let jitter):
                var seconds = delay.inSeconds
                // Stops at the limit, so that no number of tries overflows.
                for _ in 1..<step where seconds < limit.inSeconds && factor > 1 {
                    seconds *= factor
                }
                return Job.Backoff.spread(min(seconds, limit.inSeconds), jitter, random)
            case .delays(let delays):
                return delays.isEmpty ? .zero : delays[min(step, delays.count) - 1]
            }
        }

        private static func spread(_ seconds: Double, _ jitter: Double, _ random: Double)
            -> TimeSpan
        {
            TimeSpan(clampingSeconds: seconds * (1 + jitter * (2 * random - 1)))
        }
    }
}

extension Job.Backoff: Codable {
    enum Key: String, CodingKey, CaseIterable {
        case kind, delay, factor, max, jitter
    }

    /// The values that a file may hold.
    static let factors = 1.0...100
    static let jitters = 0.0...1

    public init(from decoder: any Decoder) throws {
        let container: KeyedDecodingContainer<Key>
        do {
            container = try FieldNames.checkedContainer(of: decoder, keyedBy: Key.self)
        } catch DecodingError.typeMismatch {
            self = .delays(try Job.Backoff.delays(from: decoder))
            return
        }
        let kind = try container.decode(String.self, forKey: .kind)
        let delay = try container.decodeIfPresent(TimeSpan.self, forKey: .delay) ?? .seconds(1)
        let limit = try container.decodeIfPresent(TimeSpan.self, forKey: .max) ?? .seconds(3600)
        let factor = try container.decodeIfPresent(Double.self, forKey: .factor) ?? 2
        let jitter =
            try container.decodeIfPresent(Double.self, forKey: .jitter)
            ?? (kind == "exponential" ? 0.1 : 0)
        guard Job.Backoff.jitters.contains(jitter) else {
            throw DecodingError.dataCorruptedError(
                forKey: .jitter, in: container,
                debugDescription: "a share from 0 to 1 is wanted, such as 0.1")
        }
        guard Job.Backoff.factors.contains(factor) else {
            throw DecodingError.dataCorruptedError(
                forKey: .factor, in: container, debugDescription: "a number from 1 to 100 is wanted"
            )
        }
        switch kind {
        case "fixed": self = .fixed(delay: delay, jitter: jitter)
        case "linear": self = .linear(delay: delay, max: limit, jitter: jitter)
        case "exponential":
            self = .exponential(delay: delay, factor: factor, max: limit, jitter: jitter)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container,
                debugDescription: "\"\(kind)\" is not known; write exponential, linear or fixed,"
                    + " or a list of delays in place of the object")
        }
    }

    /// The list that may stand in the place of an object.
    private static func delays(from decoder: any Decoder) throws -> [TimeSpan] {
        func fault(_ text: String) -> DecodingError {
            .dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: text))
        }
        // Nothing is read by that: it only tells a list from other values.
        guard (try? decoder.unkeyedContainer()) != nil else {
            throw fault("an object, or a list of delays such as [\"1s\", \"10s\"], is wanted here")
        }
        let delays = try decoder.singleValueContainer().decode([TimeSpan].self)
        guard !delays.isEmpty else { throw fault("the list of delays is empty; name one at least") }
        return delays
    }

    public func encode(to encoder: any Encoder) throws {
        if case .delays(let delays) = self {
            var container = encoder.singleValueContainer()
            return try container.encode(delays)
        }
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .fixed(let delay, let jitter):
            try container.encode("fixed", forKey: .kind)
            try container.encode(delay, forKey: .delay)
            try container.encode(jitter, forKey: .jitter)
        case .linear(let delay, let limit, let jitter):
            try container.encode("linear", forKey: .kind)
            try container.encode(delay, forKey: .delay)
            try container.encode(limit, forKey: .max)
            try container.encode(jitter, forKey: .jitter)
        case .exponential(let delay, let factor, let limit, let jitter):
            try container.encode("exponential", forKey: .kind)
            try container.encode(delay, forKey: .delay)
            try container.encode(factor, forKey: .factor)
            try container.encode(limit, forKey: .max)
            try container.encode(jitter, forKey: .jitter)
        case .delays:
            break
        }
    }
}

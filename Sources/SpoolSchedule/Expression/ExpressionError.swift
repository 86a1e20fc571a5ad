/// Why an expression is refused, the place in it, and the text to write instead.
public struct ExpressionError: Error, Hashable, Sendable {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        public var description: String { name }

        /// Too few fields, or too many.
        public static let fieldCount = Code(name: "fieldCount")
        /// Nothing between two commas, or beside one.
        public static let emptyItem = Code(name: "emptyItem")
        /// Neither a number nor a name that the field knows.
        public static let badValue = Code(name: "badValue")
        /// A number that the field doesn't reach.
        public static let outOfRange = Code(name: "outOfRange")
        /// A range that lacks an end or has too many.
        public static let badRange = Code(name: "badRange")
        /// A range whose end comes before its beginning.
        public static let reversedRange = Code(name: "reversedRange")
        /// A step that is no number, is 0, or has no range to step through.
        public static let badStep = Code(name: "badStep")
        /// An `@` word that is none of ours.
        public static let unknownNickname = Code(name: "unknownNickname")
        /// The time after `@every` or `@at`.
        public static let badTime = Code(name: "badTime")
        /// Well formed, and no day ever matches.
        public static let neverFires = Code(name: "neverFires")
    }

    public let code: Code
    /// In characters from the beginning of the expression, 0 for the first.
    public let offset: Int
    /// In characters; 0 if something is missing.
    public let length: Int
    /// The fault, and the text to write instead, as in ``"`22-2` runs backwards: write `22-23,0-2`"``.
    public let message: String

    init(_ code: Code, _ position: Range<Int>, _ message: String) {
        self.code = code
        offset = position.lowerBound
        length = position.count
        self.message = message
    }

    /// The same error, with places in characters; until now they count bytes.
    ///
    /// - Parameter text: the text that its places lie in.
    func inCharacters(of text: [UInt8]) -> ExpressionError {
        let start = text[..<offset].characterCount
        let end = text[..<(offset + length)].characterCount
        return ExpressionError(code, start..<end, message)
    }
}

extension ExpressionError: CustomStringConvertible {
    public var description: String { message }
}

/// A part of an accepted expression that is probably not meant.
public struct ExpressionWarning: Hashable, Sendable {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        public var description: String { name }

        /// A step that reaches over the end of its range, so that only the first value is left.
        public static let longStep = Code(name: "longStep")
        /// Day of month and weekday are both given.
        public static let combinedDays = Code(name: "combinedDays")
        /// A fixed time falls into a coming change of the clock.
        public static let clockChange = Code(name: "clockChange")
        /// The zone's clock never shows a time the schedule names.
        public static let neverInZone = Code(name: "neverInZone")
        /// It is once, and that was before now.
        public static let past = Code(name: "past")
    }

    public let code: Code
    /// In characters from the beginning of the expression, 0 for the first.
    public let offset: Int
    /// In characters.
    public let length: Int
    public let message: String

    init(_ code: Code, _ position: Range<Int>, _ message: String) {
        self.code = code
        offset = position.lowerBound
        length = position.count
        self.message = message
    }
}

extension ExpressionWarning: CustomStringConvertible {
    public var description: String { message }
}

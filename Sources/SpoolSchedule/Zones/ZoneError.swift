/// Why a time zone can't be had.
public struct ZoneError: Error, Hashable, Sendable {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        public var description: String { name }

        /// The name is no zone's name: empty, leading out of the zone directory, or with characters
        /// that no zone has.
        public static let badName = Code(name: "badName")
        /// No directory holds a file of that name.
        public static let unknown = Code(name: "unknown")
        /// The file is there and can't be read.
        public static let unreadable = Code(name: "unreadable")
        /// The file's contents are not as RFC 8536 lays them out.
        public static let malformed = Code(name: "malformed")
    }

    public let code: Code
    /// The fault, its path, and the remedy.
    public let message: String
    /// The file concerned, or the first place that was looked at.
    public let path: String?
    /// The error number of the system call; 0 if none failed.
    public let errno: Int32

    init(_ code: Code, _ message: String, path: String? = nil, errno: Int32 = 0) {
        self.code = code
        self.message = message
        self.path = path
        self.errno = errno
    }
}

extension ZoneError: CustomStringConvertible {
    public var description: String { message }
}

/// The directories and the format of a spool.
package enum SpoolLayout {
    /// The version of the layout that this code reads and writes.
    package static let formatVersion = 1
    /// The text that this version writes into its format file.
    static var formatText: String { "spool \(formatVersion)\n" }
    package static let formatFile = "format"

    /// Everything below the spool that is a directory from the beginning.
    package static let directories: [String] =
        Place.allCases.map(\.directory) + [
            "logs", "history", "cron.d", "handlers", "workers", "keys", "locks", "state", "tmp",
        ]

    /// The directory of a path below the spool; "" if that is the spool itself.
    package static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}

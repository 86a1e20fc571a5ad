import SpoolSystem

extension FileTree {
    /// The names in a directory, sorted.
    package static func names(_ path: String) throws -> [String] {
        try Directory(path: path).names(in: ".").sorted()
    }
}

import Glibc
import SpoolSystem

extension FileTree {
    /// The names in a directory, sorted.
    package static func names(_ path: String) throws -> [String] {
        try Directory(path: path).names(in: ".").sorted()
    }

    /// A symbolic link.
    package static func link(_ target: String, at path: String) throws {
        try check(symlink(target, path), "symlink \(path)")
    }
}

import SpoolSystem

/// Libraries whose functions take the place of libc's in a program under test.
package enum Preload {
    /// Whether the program of the tests can be given one.
    package static let isPossible: Bool = {
        guard let spool = try? TemporarySpool() else { return false }
        let made = try? make("empty", "", for: TemporarySpool.binary, in: spool.base)
        return made != nil
    }()

    /// Makes one from C.
    ///
    /// - Parameter binary: the program that is to load it.
    /// - Returns: its path; nil where there is no compiler, or the program is static and loads nothing.
    package static func make(
        _ name: String, _ source: String, for binary: String, in directory: String
    ) throws -> String? {
        let head = try FileTree.read(binary).prefix(8192)
        guard String(decoding: head, as: UTF8.self).contains("ld-linux") else { return nil }
        let file = "\(directory)/\(name).c"
        let library = "\(directory)/\(name).so"
        try FileTree.write(file, Array(source.utf8))
        for compiler in ["cc", "clang", "gcc"] {
            let words = [compiler, "-shared", "-fPIC", "-O1", "-o", library, file]
            if ProcessControl.run(words) == 0 { return library }
        }
        return nil
    }
}

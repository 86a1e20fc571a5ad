import Glibc
import SpoolSystem

/// Files of tests, by paths.
package enum FileTree {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// Fails with the name of the call and its errno.
    package static func check(_ result: CInt, _ call: String) throws {
        if result != 0 {
            throw Failure(description: "\(call): \(String(cString: strerror(errno)))")
        }
    }

    package static func makeTemporaryDirectory(in place: String? = nil) throws -> String {
        let parent = place ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/spool-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp in \(parent)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes everything below a path, whatever it is called and whatever it is.
    package static func remove(_ path: String) {
        var name = Array(path.utf8CString)
        remove(&name)
    }

    private static func remove(_ path: UnsafePointer<CChar>) {
        if unlink(path) == 0 || errno == ENOENT { return }
        if rmdir(path) == 0 { return }
        guard let stream = opendir(path) else { return }
        var children: [[CChar]] = []
        let head = Array(UnsafeBufferPointer(start: path, count: strlen(path))) + [CChar(47)]
        while let entry = readdir(stream) {
            let child = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    Array(UnsafeBufferPointer(start: text, count: strlen(text)))
                }
            }
            if child == [46] || child == [46, 46] { continue }
            children.append(head + child + [0])
        }
        closedir(stream)
        for child in children { child.withUnsafeBufferPointer { $0.baseAddress.map(remove) } }
        rmdir(path)
    }

    package static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Failure(description: "open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        return try readAll(file)
    }

    /// From the beginning to the end.
    package static func readAll(_ file: CInt) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(file, &chunk, chunk.count, off_t(bytes.count))
            guard count >= 0 else { throw Failure(description: "read") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    package static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else {
            throw Failure(description: "open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        try write(file, bytes)
        try check(fchmod(file, mode), "fchmod")
    }

    package static func write(_ file: CInt, _ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            guard count > 0 else { throw Failure(description: "write") }
            offset += count
        }
    }

    /// As cp(1) does it: a new file with the same bytes.
    package static func copy(_ from: String, to target: String) throws {
        try write(target, try read(from))
    }

    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Every path below one, with the inode it is and when that has changed: the same until something is
    /// changed.
    package static func listing(_ path: String) throws -> [String] {
        let directory = try Directory(path: path)
        var lines: [String] = []
        for name in try directory.names(in: ".").sorted() {
            guard let status = try directory.status(of: name) else { continue }
            lines.append("\(name) \(status.identity.inode) \(status.changed)")
            if status.kind == .directory {
                lines += try listing(path + "/" + name).map { name + "/" + $0 }
            }
        }
        return lines
    }

    /// Whether a path is a plain file itself, not a link to one.
    package static func isPlain(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

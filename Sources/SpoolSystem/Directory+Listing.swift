import CSpoolSystem
import Glibc

extension Directory {
    /// One name in a directory.
    package struct Entry: Sendable {
        package let name: String
        /// What the directory itself says of the kind; nil where the file system doesn't say.
        package let kind: FileStatus.Kind?
        /// The name's bytes, with the NUL at the end, where they aren't UTF-8.
        package let foreignName: [CChar]?
        /// The file's number on its file system: the same for all its names there.
        package let inode: UInt64
    }

    /// Calls `body` with each name but `.` and `..`, in no order, reading large directories in large
    /// pieces (getdents64(2)). Names that aren't UTF-8 come with replacement characters, and so match
    /// no name of ours.
    ///
    /// - Parameter name: a subdirectory; a missing one is an empty one.
    package func forEachEntry(
        in name: String, _ body: (Entry) -> Void
    ) throws(Errno) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        guard
            let raw = try systemCall(unless: .noEntry, { openat(number, name, flags) })
        else { return }
        let descriptor = Descriptor(owning: raw)
        let capacity = 1 << 17
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let filled = try systemCall { spool_getdents(descriptor.number, buffer, capacity) }
            if filled == 0 { return }
            var offset = 0
            while offset < filled {
                let record = buffer + offset
                let length = Int(record.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
                let type = record.load(fromByteOffset: 18, as: UInt8.self)
                let inode = record.loadUnaligned(as: UInt64.self)
                let start = (record + 19).assumingMemoryBound(to: CChar.self)
                offset += length
                if let name = String(validatingCString: start) {
                    if name == "." || name == ".." { continue }
                    body(
                        Entry(
                            name: name, kind: Self.kind(ofType: type), foreignName: nil,
                            inode: inode))
                } else {
                    let bytes = Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
                    body(
                        Entry(
                            name: String(cString: start), kind: Self.kind(ofType: type),
                            foreignName: bytes, inode: inode))
                }
            }
        }
    }

    /// All names in a subdirectory, in no order.
    package func names(in name: String) throws(Errno) -> [String] {
        var names: [String] = []
        try forEachEntry(in: name) { names.append($0.name) }
        return names
    }

    private static func kind(ofType type: UInt8) -> FileStatus.Kind? {
        switch Int(type) {
        case 0: nil
        case 4: .directory
        case 8: .regular
        case 10: .symlink
        default: .other
        }
    }
}

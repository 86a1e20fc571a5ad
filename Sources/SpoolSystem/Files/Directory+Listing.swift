import CSpoolSystem
import Glibc

extension Directory {
    /// One name in a directory.
    package struct Entry: Sendable {
        package let name: String
        /// The kind as the directory itself has it; nil if the file system doesn't say.
        package let kind: FileStatus.Kind?
        /// The name's bytes, with the NUL at the end, if they aren't UTF-8.
        package let nonUTF8Name: [CChar]?
        /// The file's number on its file system: the same for all its names there.
        package let inode: UInt64
    }

    /// One name as the kernel gives it. There may be millions: nothing is allocated for it.
    package struct RawEntry {
        /// The name without the NUL at its end; not to be used after the call that was given it.
        package let bytes: UnsafeBufferPointer<UInt8>
        fileprivate let type: UInt8
        fileprivate let inode: UInt64

        /// The kind as the directory itself has it; nil if the file system doesn't say.
        package var kind: FileStatus.Kind? { FileStatus.Kind(directoryType: type) }

        package var entry: Entry {
            let text = String(validating: bytes, as: UTF8.self)
            return Entry(
                name: text ?? String(decoding: bytes, as: UTF8.self),
                kind: kind,
                nonUTF8Name: text == nil ? bytes.map { CChar(bitPattern: $0) } + [0] : nil,
                inode: inode)
        }
    }

    /// Calls `body` with each name but `.` and `..`, in no order. Names that aren't UTF-8 come with replacement
    /// characters, and so match no name of ours.
    ///
    /// - Parameters:
    ///   - name: a subdirectory; a missing one is an empty one.
    ///   - mustExist: unless this is set; then it is an error.
    package func forEachEntry(
        in name: String, mustExist: Bool = false, _ body: (Entry) -> Void
    ) throws(Errno) {
        try forEachRawEntry(in: name, mustExist: mustExist) { body($0.entry) }
    }

    /// The same without a text for each name, reading many names at a time (getdents64(2)).
    package func forEachRawEntry(
        in name: String, mustExist: Bool = false, _ body: (RawEntry) -> Void
    ) throws(Errno) {
        let raw: CInt
        do {
            raw = try openBeneath(name, O_RDONLY | O_DIRECTORY)
        } catch {
            if error == .noEntry && !mustExist { return }
            throw error
        }
        let descriptor = Descriptor(owning: raw)
        // Small enough for a page or two of the heap; 128 KiB are mapped and unmapped for each listing.
        let capacity = 1 << 15
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
                let start = (record + 19).assumingMemoryBound(to: UInt8.self)
                offset += length
                let name = UnsafeBufferPointer(start: start, count: strlen(record + 19))
                let isItselfOrParent =
                    name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
                if !isItselfOrParent { body(RawEntry(bytes: name, type: type, inode: inode)) }
            }
        }
    }

    /// All names in a subdirectory, in no order.
    package func names(in name: String, mustExist: Bool = false) throws(Errno) -> [String] {
        var names: [String] = []
        try forEachEntry(in: name, mustExist: mustExist) { names.append($0.name) }
        return names
    }
}

import SpoolSystem

/// A rename that a power cut has halved, after somebody's fsync(2) of the new directory got through. btrfs then replays
/// the new name and keeps the old one.
package struct HalfMove: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Ends a rename that was cut off half-way. Removes the other names of a locked file that are in tmp/, or a place
    /// of the same job. Both states are legal then, and the first process that looks decides for the one that it sees.
    ///
    /// - Returns: whether `path` is the file's only name now.
    func removeOtherNames(of file: LockedFile, at path: String) throws(SpoolError) -> Bool {
        var others = try storage.onListing("tmp") { () throws(Errno) in
            try storage.root.names(in: "tmp").map { "tmp/" + $0 }
        }
        if let id = path.split(separator: "/").last.flatMap({ JobFileName($0) })?.id {
            others += try Lookup(storage).locate(id, except: path).map(\.path)
        }
        for other in others {
            try onPath(storage.path + "/" + other, "unlink") { () throws(Errno) in
                guard try storage.root.status(of: other)?.identity == file.identity else { return }
                try storage.root.removeIfPresent(other)
            }
        }
        return try onPath(storage.path + "/" + path, "stat") { () throws(Errno) in
            try file.descriptor.status().links == 1
        }
    }
}

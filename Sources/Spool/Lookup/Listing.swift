import SpoolSystem
import SpoolTime

/// Lists the directories of jobs, and the names in them.
package struct Listing: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// All places where files of this kind of state can lie: directories below the spool, in the order in
    /// which a job goes through them.
    package func directories(of places: [Place] = Place.allCases) throws(SpoolError) -> [(
        place: Place, subdirectory: String?
    )] {
        var directories: [(Place, String?)] = []
        for place in places {
            switch place {
            case .incoming:
                directories.append((place, nil))
                directories += try queueDirectories().map { (place, $0) }
            case .done:
                directories += try days().map { (place, $0) }
            default:
                directories.append((place, nil))
            }
        }
        return directories
    }

    /// The locations of all jobs in these places, in no particular order within one directory.
    package func locations(
        in places: [Place] = Place.allCases
    ) throws(SpoolError) -> [JobLocation] {
        try locations(in: directories(of: places))
    }

    /// The same of these directories.
    package func locations(
        in directories: [(place: Place, subdirectory: String?)]
    ) throws(SpoolError) -> [JobLocation] {
        var found: [JobLocation] = []
        for (place, subdirectory) in directories {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            for name in try fileNames(in: directory) {
                found.append(JobLocation(place, subdirectory: subdirectory, name))
            }
        }
        return found
    }

    /// The queues that have a directory in incoming/, beside the default queue.
    package func queueDirectories() throws(SpoolError) -> [String] {
        let status = try storage.status(of: "incoming")
        // If a directory's link count counts subdirectories (ext4, xfs, tmpfs), two says that there are none. A million
        // names needn't be read to know it. Btrfs says one always.
        guard let status, status.links != 2 else { return [] }
        var queues: [String] = []
        // Names of which the file system doesn't say what they are.
        var unknown: [String] = []
        try storage.onListing("incoming") { () throws(Errno) in
            try storage.root.forEachRawEntry(in: "incoming") { raw in
                // A million files may lie beside them.
                guard raw.kind == .directory || raw.kind == nil else { return }
                let entry = raw.entry
                guard NameRule.isName(entry.name) else { return }
                if entry.kind == .directory {
                    queues.append(entry.name)
                } else {
                    unknown.append(entry.name)
                }
            }
        }
        for name in unknown {
            let kind = try storage.status(of: "incoming/" + name)?.kind
            if kind == .directory { queues.append(name) }
        }
        return queues.sorted()
    }

    /// The days that have a directory in done/, oldest first.
    package func days() throws(SpoolError) -> [String] {
        var days: [String] = []
        try storage.onListing("done") { () throws(Errno) in
            try storage.root.forEachEntry(in: "done") { entry in
                guard CivilDate(directory: entry.name) != nil else { return }
                let kind = entry.kind ?? (try? storage.root.status(of: "done/" + entry.name))??.kind
                // A file of such a name would make every look into it fail.
                if kind == .directory { days.append(entry.name) }
            }
        }
        return days.sorted()
    }

    /// The jobs that somebody has moved to done/ by hand, beside the days.
    func endsWithoutDay() throws(SpoolError) -> [JobLocation] {
        try fileNames(in: Place.done.directory).map { JobLocation(.done, $0) }
    }

    /// The names of jobs in a directory, in no order; other names are left out.
    package func fileNames(in directory: String) throws(SpoolError) -> [JobFileName] {
        var names: [JobFileName] = []
        try storage.onListing(directory) { () throws(Errno) in
            try storage.root.forEachRawEntry(in: directory) { entry in
                if let name = JobFileName(bytes: entry.bytes) { names.append(name) }
            }
        }
        return names
    }
}

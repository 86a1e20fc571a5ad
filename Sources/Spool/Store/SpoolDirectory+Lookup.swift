import SpoolSchedule
import SpoolSystem

extension SpoolDirectory {
    /// Every file that has this id, usually one. A job that moves on while we look is still found, as the
    /// places are asked in the order in which a job goes through them; one that goes back may be missed.
    ///
    /// - Parameter except: a path that doesn't count.
    package func locate(
        _ id: JobID, except: String? = nil
    ) throws(SpoolError) -> [JobLocation] {
        var found: [JobLocation] = []
        func probe(_ location: JobLocation) throws(SpoolError) {
            let path = location.path
            guard path != except else { return }
            let exists = try onPath(self.path + "/" + path, "stat") { () throws(Errno) in
                try root.status(of: path) != nil
            }
            if exists { found.append(location) }
        }
        func probeRanks(_ place: Place, _ subdirectory: String?) throws(SpoolError) {
            for rank in 0...9 {
                let name = JobFileName(id: id, priority: Priority(rank: rank))
                try probe(JobLocation(place, subdirectory: subdirectory, name))
            }
        }
        // The names in these two hold more than the id tells, so they are searched.
        func search(_ place: Place) throws(SpoolError) {
            for name in try fileNames(in: place.directory) where name.id == id {
                let location = JobLocation(place, name)
                if location.path != except { found.append(location) }
            }
        }
        try search(.scheduled)
        for queue in [nil] + (try queueDirectories()) { try probeRanks(.incoming, queue) }
        try probeRanks(.blocked, nil)
        try probeRanks(.held, nil)
        try search(.running)
        for day in try days() {
            try probe(JobLocation(.done, subdirectory: day, JobFileName(id: id)))
        }
        try probe(.failed(id))
        try probe(.deadLetter(id))
        guard found.isEmpty else { return found }
        // By hand, it may have been moved to a place whose names look otherwise.
        return try locations().filter { $0.id == id && $0.path != except }
    }

    /// The queues that have a directory in incoming/, beside the default queue.
    package func queueDirectories() throws(SpoolError) -> [String] {
        let status = try onPath(path + "/incoming", "stat") { () throws(Errno) in
            try root.status(of: "incoming")
        }
        // Where a directory's link count counts subdirectories (ext4, xfs, tmpfs), two says that there are
        // none, and a million names need not be read to know it. Btrfs says one always.
        guard let status, status.links != 2 else { return [] }
        var queues: [String] = []
        try onListing("incoming") { () throws(Errno) in
            try root.forEachRawEntry(in: "incoming") { raw in
                // A million files may lie beside them.
                guard raw.kind == .directory || raw.kind == nil else { return }
                let entry = raw.entry
                guard NameRule.isName(entry.name) else { return }
                let kind = entry.kind ?? (try? root.status(of: "incoming/" + entry.name))??.kind
                if kind == .directory { queues.append(entry.name) }
            }
        }
        return queues.sorted()
    }

    /// The days that have a directory in done/, oldest first.
    package func days() throws(SpoolError) -> [String] {
        var days: [String] = []
        try onListing("done") { () throws(Errno) in
            try root.forEachEntry(in: "done") { entry in
                guard CivilDate(directory: entry.name) != nil else { return }
                let kind = entry.kind ?? (try? root.status(of: "done/" + entry.name))??.kind
                // A file of such a name would make every look into it fail.
                if kind == .directory { days.append(entry.name) }
            }
        }
        return days.sorted()
    }

    /// The names of jobs in a directory, in no order; what isn't one is left out.
    package func fileNames(in directory: String) throws(SpoolError) -> [JobFileName] {
        var names: [JobFileName] = []
        try onListing(directory) { () throws(Errno) in
            try root.forEachRawEntry(in: directory) { entry in
                if let name = JobFileName(bytes: entry.bytes) { names.append(name) }
            }
        }
        return names
    }
}

extension CivilDate {
    /// A day as directories and files of the spool are called: 2026-11-21, and nothing else.
    init?(directory name: some StringProtocol) {
        let parts = name.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3,
            let date = CivilDate(year: parts[0], month: parts[1], day: parts[2]),
            date.description == name
        else { return nil }
        self = date
    }
}

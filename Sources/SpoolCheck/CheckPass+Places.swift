import Spool
import SpoolSystem
import SpoolTime

/// The directories of jobs: the files in them, and whether their names belong there.
extension CheckPass {
    func checkPlaces(_ report: CheckArea.Report) throws(SpoolError) {
        ids.removeAll()
        for (place, subdirectory) in try directories() {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            try walk(directory, report) { entry in
                collect(entry, in: place)
            } faults: { entry throws(SpoolError) in
                try faults(of: entry, in: place, subdirectory, directory)
            }
        }
        ids.sort()
    }

    /// Reads the names alone, which are all that checkDuplicates needs.
    ///
    /// - Parameter missed: gets why a directory couldn't be read.
    func collectIDs(_ missed: (SpoolError) -> Void) throws(SpoolError) {
        ids.removeAll()
        for (place, subdirectory) in try directories() {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            do throws(SpoolError) {
                try storage.forEachEntry(in: directory) { collect($0, in: place) }
            } catch {
                missed(error)
            }
        }
        ids.sort()
    }

    /// In the order in which a job goes through them, so that none is overlooked on its way.
    func directories() throws(SpoolError) -> [(Place, String?)] {
        var directories: [(Place, String?)] = []
        for (place, subdirectory) in try Listing(storage).directories() {
            if place == .done, !directories.contains(where: { $0.0 == .done }) {
                directories.append((.done, nil))
            }
            directories.append((place, subdirectory))
        }
        if !directories.contains(where: { $0.0 == .done }) { directories.append((.done, nil)) }
        return directories
    }

    private func collect(_ entry: Directory.Entry, in place: Place) {
        guard let name = JobFileName(entry.name) else { return }
        // In incoming/, a file with another name is a drop-in, and no job yet.
        if place != .incoming || name.fits(place) { ids.append(name.id) }
    }

    private func faults(
        of entry: Directory.Entry, in place: Place, _ subdirectory: String?, _ directory: String
    ) throws(SpoolError) -> [Fault] {
        let path = directory + "/" + entry.name
        if let foreign = entry.nonUTF8Name {
            guard entry.isDropIn else { return [] }
            return [
                Fault(.strangeName, path, "its name is not UTF-8") {
                    [storage] () throws(SpoolError) -> Fault.Mend? in
                    try Reject(storage).rejectNonUTF8(foreign, in: directory)
                    return .moved("taken to dead-letter/")
                }
            ]
        }
        guard let status = try status(of: path), !entry.name.hasPrefix(".") else { return [] }
        guard entry.isDropIn else {
            if status.kind == .symlink, subdirectory == nil, isDivision(entry.name, place) {
                return [CheckPass.linkFault(path)]
            }
            guard status.kind == .directory, subdirectory != nil || !isDivision(entry.name, place)
            else { return [] }
            return [Fault(.strayDirectory, path, "nobody looks into this directory")]
        }
        if place == .deadLetter { return try deadLetterFaults(entry.name, status) }
        let name = JobFileName(entry.name)
        if place.isWaiting || place == .running, status.kind == .regular,
            let fault = fixedFault(path, job: name?.id)
        {
            return [fault]
        }
        let isInForm = name?.fits(place) == true && (place != .done || subdirectory != nil)
        if place == .incoming && !isInForm {
            return try dropInFaults(entry.name, queue: subdirectory, path, status)
        }
        if status.kind != .regular {
            let reason = "it is no plain file; write the job itself"
            return [
                Fault(.wrongKind, path, reason, job: name?.id) {
                    [self] () throws(SpoolError) -> Fault.Mend? in
                    try reject(path, entry.name, reason)
                }
            ]
        }
        guard let name else {
            // Somebody may be about to give it its name.
            guard isOlder(status, than: storage.rules.graceWithoutLease) else { return [] }
            let reason = "a job in \(place.directory)/ has another form of name"
            return [
                Fault(.strangeName, path, reason) { [self] () throws(SpoolError) -> Fault.Mend? in
                    try reject(path, entry.name, reason)
                }
            ]
        }
        let location = JobLocation(place, subdirectory: subdirectory, name)
        if status.links > 1 { return [hardLinks(location, status)] }
        return isInForm ? try jobFaults(location, status) : [misplaced(location, status)]
    }

    static func linkFault(_ path: String) -> Fault {
        Fault(.notADirectory, path, "this is a symbolic link, and nobody looks behind it")
    }

    /// Whether a directory with this name belongs there: of a queue, or of a day.
    private func isDivision(_ name: String, _ place: Place) -> Bool {
        switch place {
        case .incoming: NameRule.isName(name)
        case .done: CivilDate(directory: name) != nil
        default: false
        }
    }

    private func reject(
        _ path: String, _ name: String, _ reason: String
    ) throws(SpoolError) -> Fault.Mend? {
        try Reject(storage).reject(path, name: name, reason: reason)
            ? .moved("taken to dead-letter/") : nil
    }

    /// A drop-in waits for a worker to admit it; only a file that will never be a job is wrong.
    private func dropInFaults(
        _ name: String, queue: String?, _ path: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        guard
            case .unfit(let reason) = try Inspect(storage).inspect(
                path, isDropIn: true, isLocking: false)
        else { return [] }
        let code = status.kind == .regular ? SpoolCheck.Finding.Code.notAJob : .wrongKind
        return [
            Fault(code, path, reason) { [storage] () throws(SpoolError) -> Fault.Mend? in
                guard case .rejected = try Admit(storage).admit(name, queue: queue) else {
                    return nil
                }
                return .moved("taken to dead-letter/")
            }
        ]
    }

    /// A file in dead-letter/ may be anything, if its reason lies beside it.
    private func deadLetterFaults(
        _ text: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        let path = "dead-letter/" + text
        let hasReason = try self.status(of: path + ".reason") != nil
        let name = JobFileName(text)
        var fault = "it has no job's name"
        if status.kind != .regular {
            fault = "it is no plain file"
        } else if let name {
            let location = JobLocation(.deadLetter, name)
            guard name.fits(.deadLetter) else { return [misplaced(location, status)] }
            switch try Inspect(storage).inspect(path, isDropIn: false, isLocking: false) {
            case .job(let job, _):
                // A parked copy of another job keeps the bytes it came with.
                return hasReason ? [] : contentFaults(location, job, status)
            case .unfit(let reason): fault = reason
            default: return []
            }
        }
        if hasReason { return [] }
        return [
            Fault(.missingReason, path, "\(fault), and no reason lies beside it", job: name?.id) {
                [storage] () throws(SpoolError) -> Fault.Mend? in
                try FileWriter(storage).publish(
                    Array("\(path): \(fault)\n".utf8), as: path + ".reason", .replace, sync: .off)
                return .changed("written")
            }
        ]
    }
}

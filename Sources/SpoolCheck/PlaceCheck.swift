import Spool
import SpoolSystem
import SpoolTime

/// The directories of jobs: the files in them, and whether their names belong there.
struct PlaceCheck: CheckArea {
    let name = "jobs"
    private let context: CheckContext
    private var storage: Storage { context.storage }
    private let jobs: JobFaults

    init(_ context: CheckContext) {
        self.context = context
        jobs = JobFaults(context)
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        var ids = JobIDs()
        for (place, subdirectory) in try JobIDs.directories(storage) {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            try context.walk(directory, report) { entry in
                ids.collect(entry, in: place)
            } faults: { entry throws(SpoolError) in
                try faults(of: entry, in: place, subdirectory, directory)
            }
        }
        ids.sort()
        context.ids = ids
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
        guard let status = try context.status(of: path), !entry.name.hasPrefix(".") else {
            return []
        }
        guard entry.isDropIn else {
            // Jobs of the default queue lie in incoming/ itself.
            if status.kind != .directory, subdirectory == nil, isQueueOrDay(entry.name, place),
                entry.name != Job.defaultQueue
            {
                return try obstacleFaults(entry.name, in: place, path, status)
            }
            if status.kind == .regular, place == .incoming {
                return try unreadFaults(entry.name, path, status)
            }
            guard status.kind == .directory,
                subdirectory != nil || !isQueueOrDay(entry.name, place)
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
                    try reject(path, status, entry.name, reason)
                }
            ]
        }
        guard let name else {
            // Somebody may be about to give it its name.
            guard context.isOlder(status, than: storage.rules.graceWithoutLease) else {
                return context.passOver()
            }
            return [
                strangeName(
                    path, status, entry.name,
                    "jobs in \(place.directory)/ are called \(JobFileName.form(in: place))")
            ]
        }
        let location = JobLocation(place, subdirectory: subdirectory, name)
        if status.links > 1 { return [jobs.hardLinks(location, status)] }
        return isInForm ? try jobs.faults(of: location, status) : [jobs.misplaced(location)]
    }

    /// Why a job that is to move can't, whatever directory it goes to; nil if it can.
    private func fixedFault(_ path: String, job: JobID?) -> Fault? {
        guard storage.root.isFixed(path) else { return nil }
        return Fault(
            .unwritable, path,
            "it has an attribute that keeps it from being renamed (immutable or append-only)",
            job: job)
    }

    /// Whether a directory with this name belongs there: of a queue, or of a day.
    private func isQueueOrDay(_ name: String, _ place: Place) -> Bool {
        switch place {
        case .incoming: NameRule.isName(name)
        case .done: CivilDate(directory: name) != nil
        default: false
        }
    }

    /// Something stands where the directory of a queue or a day belongs. A file with an extension stands there only if
    /// it is a job. If it is none, nobody looks at it.
    private func obstacleFaults(
        _ name: String, in place: Place, _ path: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        if status.kind == .symlink { return [Fault.link(path)] }
        guard place == .incoming else {
            return [Fault(.notADirectory, path, "this is no directory, but a day's belongs here")]
        }
        // Somebody may be about to move it on.
        guard context.isOlder(status, than: storage.rules.graceWithoutLease) else {
            return context.passOver()
        }
        if status.kind == .regular {
            // Its writer may be about to give it another name.
            if DropIn.isDraft(name) { return [] }
            switch try Inspect(storage).inspect(path, isDropIn: true, isLocking: false) {
            case .job: break
            case .unfit:
                if name.contains(".") { return try unreadFaults(name, path, status) }
            case .beingWritten, .undecided: return context.passOver()
            case .busy, .gone: return []
            }
        }
        let reason = "it stands where a queue's directory belongs, so no job can wait there"
        return [
            Fault(.notAQueue, path, reason) { [self] () throws(SpoolError) -> Fault.Mend? in
                try reject(path, status, name + ".json", reason)
            }
        ]
    }

    /// A file that lies among dropped ones, and isn't taken for one.
    private func unreadFaults(
        _ name: String, _ path: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        // Its writer may be about to give it another name.
        if DropIn.isDraft(name) { return [] }
        guard context.isOlder(status, than: storage.rules.temporaryAge) else {
            return context.passOver()
        }
        let message = "its name doesn't end in .json, so nobody takes it for a job"
        switch try Inspect(storage).inspect(path, isDropIn: true, isLocking: false) {
        case .job: return [strangeName(path, status, name + ".json", message)]
        // It may be a note, or a writer's: it isn't touched.
        case .unfit: return [Fault(.strangeName, path, message)]
        case .beingWritten, .undecided: return context.passOver()
        case .busy, .gone: return []
        }
    }

    /// - Parameter name: in dead-letter/.
    private func strangeName(
        _ path: String, _ status: FileStatus, _ name: String, _ message: String
    ) -> Fault {
        Fault(.strangeName, path, message) { [self] () throws(SpoolError) -> Fault.Mend? in
            try reject(
                path, status, name,
                message + "; if it is a job, 'spool retry' with its name here submits it")
        }
    }

    private func reject(
        _ path: String, _ status: FileStatus, _ name: String, _ reason: String
    ) throws(SpoolError) -> Fault.Mend? {
        try Reject(storage).reject(path, name: name, reason: reason, judged: status.identity)
            ? .moved("taken to dead-letter/") : nil
    }

    /// A drop-in waits for a worker to admit it; only a file that will never be a job is wrong.
    private func dropInFaults(
        _ name: String, queue: String?, _ path: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        let reason: String
        switch try Inspect(storage).inspect(path, isDropIn: true, isLocking: false) {
        case .unfit(let fault): reason = fault
        case .beingWritten, .undecided: return context.passOver()
        case .job, .busy, .gone: return []
        }
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

    private func holdsJobs(_ directory: String) throws(SpoolError) -> Bool {
        var holdsJobs = false
        try storage.forEachEntry(in: directory) { entry in
            // Dropped files wait in queues' directories like jobs.
            if JobFileName(entry.name) != nil || entry.isDropIn { holdsJobs = true }
        }
        return holdsJobs
    }

    /// A file in dead-letter/ may be anything, if its reason lies beside it.
    private func deadLetterFaults(
        _ text: String, _ status: FileStatus
    ) throws(SpoolError) -> [Fault] {
        let path = "dead-letter/" + text
        let hasReason = try context.status(of: path + ".reason") != nil
        let name = JobFileName(text)
        var fault = "it has no job's name"
        if status.kind == .directory, try holdsJobs(path) {
            // A check that was killed may have taken a queue's directory for the file that it had judged.
            return [
                Fault(
                    .strayDirectory, path,
                    "there are jobs or dropped files in this directory, and nobody looks into it")
            ]
        }
        if status.kind != .regular {
            fault = "it is no plain file"
        } else if let name {
            let location = JobLocation(.deadLetter, name)
            guard name.fits(.deadLetter) else { return [jobs.misplaced(location)] }
            switch try Inspect(storage).inspect(path, isDropIn: false, isLocking: false) {
            case .job(let job, _):
                // A parked copy of another job keeps the bytes it came with.
                return hasReason ? [] : jobs.contentFaults(location, job, status)
            case .unfit(let reason): fault = reason
            case .beingWritten, .undecided: return context.passOver()
            case .busy, .gone: return []
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

import Spool
import SpoolSystem

/// The records of schedulers: who is active, the text of each crontab in force, and the last slot of each entry.
struct ScheduleCheck: CheckArea {
    let name = "state"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        try context.walk("state", report) { entry throws(SpoolError) in
            let path = "state/" + entry.name
            if entry.name == "reboot" || entry.name.hasPrefix("boot."),
                let status = try context.status(of: path), status.kind != .regular
            {
                let text = "it is no plain file, and the start of the machine can't be noted"
                return [Fault(.unreadable, path, text)]
            }
            guard path == Leadership.path,
                try context.status(of: Leadership.path) != nil,
                try Scheduling(storage).schedulerRecord() == nil
            else { return [] }
            return [
                Fault(
                    .badState, Leadership.path,
                    "it doesn't describe a scheduler: nobody can tell whether one runs")
            ]
        }
        try context.walk(CrontabSnapshot.directory, report) { entry throws(SpoolError) in
            let path = "\(CrontabSnapshot.directory)/\(entry.name)"
            let limit = CrontabSnapshot.sizeLimit
            if CrontabSnapshot.isPrevious(entry.name) {
                return try previousFaults(entry.name, path)
            }
            guard !entry.name.hasPrefix("."),
                let bytes = try storage.contents(of: path, limit: limit),
                CrontabSnapshot(bytes) == nil
            else { return [] }
            return [
                Fault(
                    .badState, path,
                    "the copy of a crontab in force isn't whole: its entries count as new ones when a"
                        + " scheduler starts")
            ]
        }
        try context.walk(MarkerName.directory, report) { entry throws(SpoolError) in
            let path = "\(MarkerName.directory)/\(entry.name)"
            guard !entry.name.hasPrefix("."), let status = try context.status(of: path) else {
                return []
            }
            guard let marker = MarkerName(entry.name) else {
                return [Fault(.strayFile, path, "no slot of an entry has this name")]
            }
            guard status.kind == .regular else {
                return [Fault(.unreadable, path, "it is no plain file, and holds up its entry")]
            }
            // It is gone meanwhile, as a newer one has come.
            guard try SlotMarkers(storage).record(marker) == nil,
                try context.status(of: path) != nil
            else {
                return []
            }
            return [
                Fault(
                    .badState, path,
                    "it doesn't say what was decided: the slot stays decided, and the entry's figures"
                        + " begin anew")
            ]
        }
    }

    /// The former text of a crontab may be anything.
    private func previousFaults(_ name: String, _ path: String) throws(SpoolError) -> [Fault] {
        guard let status = try context.status(of: path) else { return [] }
        if status.kind != .regular { return [Fault(.strayFile, path, "it is no plain file")] }
        return CrontabSnapshot.isKnownPrevious(name)
            ? [] : [Fault(.strayFile, path, "no crontab file has a former text of this name")]
    }
}

import Spool
import SpoolSystem

/// Keys: each lies under its own name, and its job is somewhere.
struct KeyCheck: CheckArea {
    let name = KeyRecord.directory
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        try context.walk(KeyRecord.directory, report) { entry throws(SpoolError) in
            let path = KeyRecord.directory + "/" + entry.name
            if entry.name.hasPrefix(".") { return [] }
            guard let status = try context.status(of: path) else { return [] }
            guard status.kind == .regular, entry.nonUTF8Name == nil, entry.name.hasSuffix(".json")
            else { return [Fault(.strayFile, path, "no key has this name")] }
            let record = try KeyFiles(storage).record(at: path)
            if let record {
                if KeyRecord.path(of: record.key) != path {
                    return [Fault(.strayFile, path, "it tells of another key than its name")]
                }
                if context.ids.contains(record.job) { return [] }
            }
            guard try KeyFiles(storage).isStale(path) else { return [] }
            let message = record == nil ? "it tells of no job" : "its job is nowhere"
            return [
                Fault(.staleKey, path, message, job: record?.job) {
                    [storage] () throws(SpoolError) -> Fault.Mend? in
                    try KeyFiles(storage).removeStale(path) ? .changed("removed") : nil
                }
            ]
        }
    }
}

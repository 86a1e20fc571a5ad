import Spool
import SpoolSystem

/// Workers that are dead, and files that describe none.
struct WorkerCheck: CheckArea {
    let name = "workers"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        try context.walk("workers", report) { entry throws(SpoolError) in
            let path = "workers/" + entry.name
            guard !entry.name.hasPrefix("."), let status = try context.status(of: path) else {
                return []
            }
            guard status.kind == .regular, entry.name.hasSuffix(".json"), entry.nonUTF8Name == nil
            else { return [Fault(.strayFile, path, "no worker is described here")] }
            if try context.isUnlocked(path, status) {
                return [
                    Fault(.deadWorker, path, "its worker is dead") {
                        [storage] () throws(SpoolError) -> Fault.Mend? in
                        // A look for living workers removes the dead ones.
                        _ = try WorkerRegistry(storage).workers()
                        return .changed("removed")
                    }
                ]
            }
            guard let bytes = try storage.contents(of: path, limit: storage.rules.sizeLimit) else {
                return []
            }
            do throws(SpoolError) {
                var record = try JSONText.decode(WorkerRecord.self, from: bytes)
                guard WorkerRecord.possibleSlots.contains(record.slots) else {
                    let range = WorkerRecord.possibleSlots
                    return [
                        Fault(
                            .badWorker, path,
                            "it says that it has \(record.slots) slots; \(range.lowerBound) to"
                                + " \(range.upperBound) are possible")
                    ]
                }
                if record.fileName == entry.name { return [] }
                record.isDraining = true
                if record.fileName == entry.name { return [] }
                return [Fault(.badWorker, path, "it says that it is worker \(record.id)")]
            } catch {
                return [Fault(.badWorker, path, "it describes no worker: \(error.message)")]
            }
        }
    }
}

import Spool
import SpoolSystem

/// Files that the dead have left, and nobody has swept yet.
struct LeftoverCheck: CheckArea {
    let name = "tmp"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        let areas: [(directory: String, code: SpoolCheck.Finding.Code, message: String)] = [
            ("tmp", .staleTemporary, "nobody has written to it for a while, or holds it"),
            ("running", .orphanSidecar, "its job isn't running"),
            ("dead-letter", .orphanReason, "the file that it tells of isn't there"),
        ]
        for (directory, code, message) in areas {
            try context.walk(directory, report) { entry throws(SpoolError) in
                let path = directory + "/" + entry.name
                if directory == "tmp", let status = try context.status(of: path),
                    status.kind != .regular
                {
                    return [Fault(.strayFile, path, "only plain files are written here")]
                }
                guard entry.nonUTF8Name == nil, try Sweep(storage).isLeftover(path) else {
                    return []
                }
                return [
                    Fault(code, path, message) { [storage] () throws(SpoolError) -> Fault.Mend? in
                        try Sweep(storage).remove(path) ? .changed("removed") : nil
                    }
                ]
            }
        }
    }
}

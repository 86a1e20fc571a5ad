import SpoolSystem
import SpoolTime

/// Today's history, which is kept open: to open it for each line costs more than the line.
final class HistoryFile: @unchecked Sendable {
    private final class Open {
        let day: CivilDate
        let name: String
        let descriptor: Descriptor
        let identity: FileStatus.Identity

        init(_ day: CivilDate, in root: Directory) throws(Errno) {
            self.day = day
            name = "history/\(day).ndjson"
            let options: Directory.OpenOptions = [.readWrite, .append, .create]
            do throws(Errno) {
                descriptor = try root.open(name, options)
            } catch {
                guard error == .noEntry else { throw error }
                try root.makeDirectory("history")
                descriptor = try root.open(name, options)
            }
            identity = try descriptor.status().identity
        }
    }

    private let lock = Lock()
    private var current: Open?

    func append(_ text: [UInt8], on day: CivilDate, in root: Directory) throws(Errno) {
        try lock.held { () throws(Errno) in
            // Somebody may have moved or removed it, by hand too.
            if let current, current.day == day,
                try root.status(of: current.name)?.identity == current.identity
            {
                return try current.descriptor.write(text)
            }
            current = nil
            let opened = try Open(day, in: root)
            current = opened
            try opened.descriptor.write(text)
        }
    }

    /// Of the open file; nil: there is none.
    var number: CInt? { lock.held { current?.descriptor.number } }
}

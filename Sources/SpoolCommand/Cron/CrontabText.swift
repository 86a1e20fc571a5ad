import Spool
import SpoolSystem

/// A crontab, as it was read.
package struct CrontabText {
    /// Its name in messages.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// The number of the last line if it has no line break at its end.
    var openLine: Int? {
        guard let last = bytes.last, last != UInt8(ascii: "\n") else { return nil }
        return bytes.count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// In bytes: more than a hundred thousand entries need.
    static let limit = 1 << 26

    /// Whether a user stands before each job of a file of this name.
    static func hasUserColumn(_ name: String) -> Bool {
        name == "/etc/crontab" || name.hasPrefix("/etc/cron.d/")
    }
}

/// One of the files that are asked about.
enum CrontabSource {
    case text(CrontabText)
    /// It can't be read.
    case problem(name: String, message: String)
    /// It isn't read, and looks as if it were.
    case ignored(name: String, message: String)
}

extension SpoolDirectory {
    /// The text of a crontab file as it is now, good or bad; nil when there is none.
    ///
    /// - Parameter file: `crontab` or `cron.d/NAME`.
    func crontabText(_ file: String) throws(SpoolError) -> CrontabText? {
        try storage.contents(of: file, limit: CrontabText.limit).map {
            CrontabText(name: file, bytes: $0)
        }
    }

    /// The spool's crontab and the files of cron.d/, those that are there, whether they can be read or not.
    func crontabSources() throws(SpoolError) -> [CrontabSource] {
        var sources: [CrontabSource] = []
        let files = try CrontabDirectory(storage).files()
        for file in files.names {
            do throws(SpoolError) {
                if let text = try crontabText(file) { sources.append(.text(text)) }
            } catch {
                let message = EntryTable.problem(error)
                sources.append(.problem(name: file, message: message))
            }
        }
        if let problem = files.problem {
            sources.append(.problem(name: "cron.d", message: problem.message))
        }
        for name in files.ignored {
            let message = "it is not read: in cron.d/ a name \(NameRule.advice)"
            sources.append(.ignored(name: "cron.d/\(name)", message: message))
        }
        return sources
    }
}

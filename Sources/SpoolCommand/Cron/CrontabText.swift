import Spool
import SpoolSystem

/// A crontab, as it was read.
struct CrontabText {
    /// What messages call it.
    let name: String
    let bytes: [UInt8]

    /// In bytes: more than a hundred thousand entries need.
    static let limit = 1 << 26
}

extension SpoolDirectory {
    /// The text of a crontab file as it is now, good or bad; nil when there is none.
    ///
    /// - Parameter file: `crontab` or `cron.d/NAME`.
    func crontabText(_ file: String) throws(SpoolError) -> CrontabText? {
        try contents(of: file, limit: CrontabText.limit).map { CrontabText(name: file, bytes: $0) }
    }

    /// The spool's crontab and the files of cron.d/, those that are there.
    func crontabTexts() throws(SpoolError) -> [CrontabText] {
        var texts: [CrontabText] = []
        let files = try crontabFiles()
        if let problem = files.problem { throw problem }
        for file in files.names {
            if let text = try crontabText(file) { texts.append(text) }
        }
        return texts
    }
}

/// Which crontab files a spool has.
package struct CrontabFiles {
    /// `crontab`, and those in cron.d/ by name, whether they can be read or not.
    package let names: [String]
    /// Why cron.d/ can't be read; the names are then those of the files that have entries in force. nil if it can.
    package let problem: SpoolError?
    /// Copies that can't be read, by their paths below the spool: the names of their files aren't known either.
    package var unread: [String: SpoolError] = [:]
    /// Names in cron.d/ that aren't read, though nobody would expect that.
    package var ignored: [String] = []

    /// Whether it is a crontab file. Files that package managers and editors leave behind aren't.
    package static func isFile(_ file: String) -> Bool {
        if file == "crontab" { return true }
        guard file.hasPrefix("cron.d/") else { return false }
        let name = file.dropFirst("cron.d/".count)
        return NameRule.isName(name) && leftoverEnding(of: name) == nil
    }

    /// The ending of a name by which it isn't read; nil if it has none of those.
    package static func leftoverEnding(of name: some StringProtocol) -> String? {
        leftovers.first { name.hasSuffix($0) }
    }

    private static let leftovers = [
        ".rpmsave", ".rpmnew", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp",
        ".bak", ".orig", ".swp", previousSuffix,
    ]

    /// The ending of the names of former texts, in state/crontabs/.
    package static let previousSuffix = ".previous"
}

import SpoolTime

extension CivilDate {
    /// A day as directories and files of the spool are called: 2026-11-21, and nothing else.
    package init?(directory name: some StringProtocol) {
        let parts = name.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3,
            let date = CivilDate(year: parts[0], month: parts[1], day: parts[2]),
            date.description == name
        else { return nil }
        self = date
    }
}

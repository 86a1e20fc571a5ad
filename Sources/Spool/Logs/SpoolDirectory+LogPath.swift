import SpoolTime

extension SpoolDirectory {
    /// Where a job's log lies: the day is the one in its id, so that it is found without searching.
    package static func logPath(of id: JobID) -> String {
        "logs/\(Instant(milliseconds: id.milliseconds).day)/\(id).log"
    }
}

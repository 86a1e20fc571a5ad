/// The time zones of this machine, as date(1) knows them.
package enum ZoneData {
    /// Whether this machine's zones have these offsets. Times to come are predictions, and a newer release of the zone
    /// data may have others than the one that an expected result was worked out with.
    ///
    /// - Parameter times: as `2026-11-01T00:00:00-04:00`, in the zone.
    package static func agrees(with times: [String], in zone: String) -> Bool {
        let words = ["date", "-f", "-", "+%Y-%m-%dT%H:%M:%S%:z"]
        let lines = times.map { $0 + "\n" }.joined()
        let result = try? ProgramRun(
            words,
            environment: ["TZ": zone, "LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"],
            directory: "/", input: Array(lines.utf8)
        ).wait()
        if result?.text == lines { return true }
        print("skipped: this machine's zone data has other times for \(zone) near \(times[0])")
        return false
    }
}

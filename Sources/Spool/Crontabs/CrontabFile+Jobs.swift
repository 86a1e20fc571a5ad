import SpoolSchedule

extension CrontabFile {
    /// The faults of the entries' jobs, which the parser doesn't look into, and of their names.
    package var jobDiagnostics: [CrontabDiagnostic] {
        var lines: [String: Int] = [:]
        return entries.compactMap { entry -> CrontabDiagnostic? in
            do throws(SpoolError) {
                let name = try ScheduledEntry.checkedJob(of: entry).name ?? entry.name
                guard let other = lines.updateValue(entry.line, forKey: name) else { return nil }
                return CrontabDiagnostic(
                    severity: .warning, line: entry.line, column: entry.jobColumn, length: 0,
                    message: "the entry in line \(other) is called \(name) too: give each a name of"
                        + " its own, or their histories change places with their lines")
            } catch {
                return entry.diagnostic(of: error)
            }
        }
    }
}

extension CrontabLine {
    /// Why its job is none.
    func diagnostic(of error: SpoolError) -> CrontabDiagnostic {
        CrontabDiagnostic(
            severity: .error, line: line, column: jobColumn, length: 0,
            message: "the job: \(error.message)")
    }
}

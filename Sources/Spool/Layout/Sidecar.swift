/// The files that may lie beside a running job: `running/ULID.ATTEMPT.cancel`, the files that its command writes there,
/// and its own from before the attempt.
package enum Sidecar: String, CaseIterable, Sendable {
    case cancel, result, progress
    case backup = "before"
    /// The former version's name for a backup copy. It is read, and never written.
    case formerBackup = "prior"

    /// Its path below the spool, beside the file of a running job.
    package func path(of location: JobLocation) -> String {
        "\(location.path.dropLast(".json".utf8.count)).\(rawValue)"
    }
}

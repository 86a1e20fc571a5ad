import SpoolTestSupport

/// Holds the log of each attempt that came to its own end against what its command has written.
struct LogAudit {
    private let chaos: Chaos

    init(_ chaos: Chaos) {
        self.chaos = chaos
    }

    func check(_ record: JobRecord, _ job: FoundJob) {
        let (id, plan) = (record.id, record.account.plan)
        // A log that can't be read just now says nothing.
        guard chaos.pool.lasting == 0, plan.outputBytes > 0 else { return }
        // Of two files with one id, whichever was cleaned away has taken the log along.
        guard !(record.wasCopied && record.mayBeRemoved) else { return }
        let attempts = (job.attempts ?? []).filter { $0.exit_code == plan.exitCode }
        guard !attempts.isEmpty else { return }
        let wanted = Array(chaos.host.data.prefix(plan.outputBytes))
        let bytes = read(id)
        for attempt in attempts {
            guard let log = attempt.log, log.dropped == nil else { continue }
            guard let bytes, log.start <= log.end, log.end <= bytes.count else {
                chaos.ledger.violate("attempt \(attempt.number): its log is gone or cut", id: id)
                continue
            }
            if LogAudit.output(bytes[log.start..<log.end]) != wanted {
                let text = String(decoding: bytes[log.start..<log.end], as: UTF8.self)
                chaos.ledger.violate(
                    "attempt \(attempt.number): its log is not its output, but: \(text.suffix(500))",
                    id: id)
            }
        }
    }

    private func read(_ id: String) -> [UInt8]? {
        for day in chaos.tree.names("logs") {
            let path = "\(chaos.host.spool)/logs/\(day)/\(id).log"
            if let bytes = try? FileTree.read(path) { return bytes }
        }
        return nil
    }

    /// What went to standard output, from records `TIME STREAM TAG TEXT`.
    private static func output(_ records: ArraySlice<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        for line in records.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            let parts = line.split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, parts[1].elementsEqual("stdout".utf8) else { return nil }
            output += parts[3]
            if parts[2].elementsEqual("F".utf8) { output.append(10) }
        }
        return output
    }
}

import SpoolSchedule
import SpoolSystem

/// A crontab file of a spool: what is in force, and what is wrong with it.
public struct CronTable: Sendable {
    /// `crontab` or `cron.d/NAME`.
    public let file: String
    /// In force, in the order of the file.
    public package(set) var entries: [CronEntry]
    /// Errors and warnings about the text that is in the file now.
    public internal(set) var diagnostics: [CrontabDiagnostic]
    /// The file can't be used as it is now: the entries are those of its last good text.
    public internal(set) var isKept: Bool
    /// Why it can't be read at all; nil when it can.
    public internal(set) var problem: String?
    /// The text that is in force; nil: there never was a good one.
    var text: String?
    /// Whether what is in force, and when it was first seen, isn't on record yet.
    package internal(set) var needsKeeping = false

    /// What is wrong with the file, a line each, with its name in front; empty when it can be used.
    public var errors: [String] {
        let found = diagnostics.filter { $0.severity == .error }.map { "\(file):\($0)" }
        return (problem.map { ["\(file): \($0)"] } ?? []) + found
    }
}

/// Reads one crontab file.
struct CronTableReader {
    let spool: SpoolDirectory
    let rules: CrontabRules
    let now: Instant

    /// The largest file that is read: a hundred thousand long lines.
    static let sizeLimit = 1 << 26

    func table(_ file: String) throws(SpoolError) -> CronTable? {
        let kept = try keptCopy(file)
        let bytes: [UInt8]
        do {
            guard let found = try spool.contents(of: file, limit: CronTableReader.sizeLimit) else {
                return nil
            }
            bytes = found
        } catch {
            return keptTable(file, kept, diagnostics: [], problem: error.message)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return keptTable(
                file, kept, diagnostics: [], problem: "it is not UTF-8: write it as UTF-8 text")
        }
        let (entries, diagnostics, isNew) = read(text, file, kept)
        if diagnostics.contains(where: { $0.severity == .error }) {
            return keptTable(file, kept, diagnostics: diagnostics, problem: nil)
        }
        return CronTable(
            file: file, entries: entries, diagnostics: diagnostics, isKept: false, problem: nil,
            text: text, needsKeeping: isNew || text != kept?.text)
    }

    private func keptTable(
        _ file: String, _ kept: KeptCrontab?, diagnostics: [CrontabDiagnostic], problem: String?
    ) -> CronTable {
        let good = kept.map { read($0.text, file, $0) }
        return CronTable(
            file: file, entries: good?.entries ?? [], diagnostics: diagnostics, isKept: true,
            problem: problem, text: kept?.text, needsKeeping: good?.hasNew ?? false)
    }

    /// A copy that can't be read is none: the file itself is asked then.
    private func keptCopy(_ file: String) throws(SpoolError) -> KeptCrontab? {
        let path = KeptCrontab.path(of: file)
        guard let bytes = try spool.contents(of: path, limit: 4 * CronTableReader.sizeLimit) else {
            return nil
        }
        return try? JSONText.decode(KeptCrontab.self, from: bytes)
    }

    private func read(
        _ text: String, _ file: String, _ kept: KeptCrontab?
    ) -> (entries: [CronEntry], diagnostics: [CrontabDiagnostic], hasNew: Bool) {
        var hasNew = false
        let crontab = Crontab.parse(text, options: rules.options(now: nil))
        var diagnostics = crontab.diagnostics
        var entries: [CronEntry] = []
        let sights = kept?.firstSights ?? [:]
        let present = Instant(seconds: now.seconds)
        var names = UniqueNames()
        for line in crontab.entries {
            var name = line.name
            do {
                name = try CronTableReader.checkedName(line)
            } catch {
                diagnostics.append(line.diagnostic(of: error))
            }
            let entry = CronEntry(
                name: names.unique(name), file: file, line: line, since: present,
                machine: rules.machine)
            let since = sights[KeptCrontab.mark(of: entry)]
            if since == nil { hasNew = true }
            entries.append(entry.seen(since ?? present))
        }
        diagnostics.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        return (entries, diagnostics, hasNew)
    }

    /// What an entry is called: by the name in its JSON, else by the one made from its text.
    private static func checkedName(_ line: CrontabEntry) throws(SpoolError) -> String {
        let settings = line.settings
        // A shell command alone can't be a bad job: what the parser lets through fits.
        if case .shell = line.job, settings.queue == nil, settings.retries == nil,
            settings.mailTo == nil, line.job.text.utf8.count < 1 << 16
        {
            return line.name
        }
        return try CronEntry.job(of: line).name ?? line.name
    }
}

extension CronEntry {
    package func seen(_ since: Instant) -> CronEntry {
        CronEntry(name: name, file: file, line: line, since: since, machine: machine)
    }

    func renamed(_ name: String) -> CronEntry {
        CronEntry(name: name, file: file, line: line, since: since, machine: machine)
    }
}

/// Tells entries of one name apart, in the order they come.
struct UniqueNames {
    private var used: Set<String> = []

    mutating func unique(_ name: String) -> String {
        var candidate = name
        var count = 1
        while !used.insert(candidate).inserted {
            count += 1
            candidate = "\(name)-\(count)"
        }
        return candidate
    }
}

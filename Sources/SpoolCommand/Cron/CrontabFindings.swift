import Spool
import SpoolSchedule

/// All that is wrong or doubtful in one crontab: what its parser says, and what the jobs in it say.
struct CrontabFindings {
    let findings: [CrontabFinding]
    /// How many entries can be read.
    let entries: Int

    init(_ file: CrontabText, _ rules: CrontabRules, now: Instant) {
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            findings = [CrontabFindings.notUTF8(file)]
            entries = 0
            return
        }
        let crontab = Crontab.parse(text, options: rules.options(now: now))
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        let all = crontab.diagnostics + crontab.jobDiagnostics
        findings = all.map { CrontabFinding(file: file.name, $0, lines) }
        entries = crontab.entries.count
    }

    /// Errors first, then warnings, each in the order of the file.
    var inOrder: [CrontabFinding] {
        let sorted = findings.sorted {
            ($0.diagnostic.line, $0.diagnostic.column) < ($1.diagnostic.line, $1.diagnostic.column)
        }
        return sorted.filter { $0.diagnostic.severity == .error }
            + sorted.filter { $0.diagnostic.severity == .warning }
    }

    var errors: Int { findings.count { $0.diagnostic.severity == .error } }
    var warnings: Int { findings.count - errors }

    private static func notUTF8(_ file: CrontabText) -> CrontabFinding {
        let lines = file.bytes.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        let line = lines[index]
        let readable = (0...line.count).last {
            String(validating: line.prefix($0), as: UTF8.self) != nil
        }
        let column = String(decoding: line.prefix(readable ?? 0), as: UTF8.self).count
        return CrontabFinding(
            file: file.name,
            CrontabDiagnostic(
                severity: .error, line: index + 1, column: column + 1, length: 1,
                message: "a byte that is not UTF-8: save the file as UTF-8"), [])
    }
}

/// One of them.
struct CrontabFinding {
    let file: String
    let diagnostic: CrontabDiagnostic
    /// The line it is about; nil where that can't be shown.
    private let source: Substring?

    init(file: String, _ diagnostic: CrontabDiagnostic, _ lines: [Substring]) {
        self.file = file
        self.diagnostic = diagnostic
        let index = diagnostic.line - 1
        source = lines.indices.contains(index) ? lines[index] : nil
    }

    func lines(isJSON: Bool) throws(CommandFailure) -> [String] {
        guard !isJSON else {
            let record = Record(
                file: file, line: diagnostic.line, column: diagnostic.column,
                length: diagnostic.length, severity: diagnostic.severity.rawValue,
                message: diagnostic.message)
            return [try spool { () throws(SpoolError) in try JSONText.line(record) }]
        }
        let heading = Printable.text("\(file):\(diagnostic)")
        guard let source else { return [heading] }
        return [heading]
            + Caret.lines(
                String(source), offset: diagnostic.column - 1, length: diagnostic.length)
    }

    /// `--json`.
    private struct Record: Encodable {
        let file: String
        let line: Int
        let column: Int
        let length: Int
        let severity: String
        let message: String
    }
}

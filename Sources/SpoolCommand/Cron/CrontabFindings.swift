import Spool
import SpoolSchedule

/// All that is wrong or doubtful in one crontab: what its parser says, and what the jobs in it say.
package struct CrontabFindings {
    package private(set) var findings: [CrontabFinding]
    /// Whether nobody can send mail that the text asks for.
    private var isMailMissing = false
    /// Whether the file's name seems to say that it doesn't count.
    private var isSwitchedOff = false
    /// Those that can be read.
    package let entries: [CrontabLine]

    /// - Parameter place: the name of the crontab that the text is for; nil: the text's own.
    init(
        _ file: CrontabText, for place: String? = nil, _ rules: CrontabRules,
        _ surroundings: CrontabSurroundings,
        now: Instant
    ) {
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            findings = [CrontabFindings.notUTF8(file)]
            entries = []
            return
        }
        let crontab = CrontabFile.parse(text, options: rules.options(now: now))
        let hasMark = file.bytes.starts(with: CrontabFile.byteOrderMark)
        let seen = hasMark ? String(text.unicodeScalars.dropFirst()) : text
        let lines = seen.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        let all =
            crontab.diagnostics + crontab.jobDiagnostics + surroundings.diagnostics(of: crontab)
        let mail = surroundings.mailDiagnostic(of: crontab)
        isMailMissing = mail != nil
        findings = (all + (mail.map { [$0] } ?? [])).map {
            CrontabFinding(file: file.name, $0, lines)
        }
        entries = crontab.entries
        let crontabName = place ?? file.name
        if !entries.isEmpty, let advice = CrontabFindings.switchedOff(crontabName) {
            isSwitchedOff = true
            findings.append(CrontabFinding(file: crontabName, message: advice))
        }
    }

    /// Only what is said of the file as a whole.
    init(_ finding: CrontabFinding) {
        findings = [finding]
        entries = []
    }

    /// Adds a warning about an entry.
    mutating func warn(of entry: CrontabLine, in file: String, _ message: String) {
        let diagnostic = CrontabDiagnostic(
            severity: .warning, line: entry.line, column: 1, length: 0, message: message)
        findings.append(CrontabFinding(file: file, diagnostic, []))
    }

    /// Advice about a file of cron.d/ whose name seems to say that it doesn't count.
    private static func switchedOff(_ name: String) -> String? {
        let endings = [
            "disabled", "disable", "off", "inactive", "old", "save", "saved", "backup", "example",
            "sample", "template", "tmp", "new",
        ]
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard name.hasPrefix("cron.d/"), name.dropFirst("cron.d/".count).contains("."),
            endings.contains(ending)
        else { return nil }
        return
            "it is read, and its entries are in force, whatever `.\(ending)` says: to switch it off,"
            + " call it \(name).bak or move it out of cron.d/"
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
    /// Those about the file: not that nobody can send mail, which is the machine's fault.
    var ownWarnings: Int { warnings - (isMailMissing ? 1 : 0) }
    /// Those that an edit of the text can mend.
    var textWarnings: Int { ownWarnings - (isSwitchedOff ? 1 : 0) }

    private static func notUTF8(_ file: CrontabText) -> CrontabFinding {
        let (number, line) = file.bytes.lineNotUTF8
        let readable = (0...line.count).last {
            String(validating: line.prefix($0), as: UTF8.self) != nil
        }
        let column = String(decoding: line.prefix(readable ?? 0), as: UTF8.self).count
        let isUTF16 = [[0xFF, 0xFE], [0xFE, 0xFF]].contains { file.bytes.starts(with: $0) }
        return CrontabFinding(
            file: file.name,
            CrontabDiagnostic(
                severity: .error, line: number, column: column + 1, length: 1,
                message: isUTF16
                    ? "the file is UTF-16: save it as UTF-8"
                    : "a byte that is not UTF-8: save the file as UTF-8"), [])
    }
}

/// One of them.
package struct CrontabFinding {
    package let file: String
    package let diagnostic: CrontabDiagnostic
    /// The line it is about; nil if that can't be shown.
    let source: Substring?

    /// About a file as a whole: its line is 0.
    init(file: String, _ severity: CrontabDiagnostic.Severity = .warning, message: String) {
        self.init(
            file: file,
            CrontabDiagnostic(severity: severity, line: 0, column: 0, length: 0, message: message),
            [])
    }

    init(file: String, _ diagnostic: CrontabDiagnostic, _ lines: [Substring]) {
        self.file = file
        self.diagnostic = diagnostic
        let index = diagnostic.line - 1
        source = lines.indices.contains(index) ? lines[index] : nil
    }
}

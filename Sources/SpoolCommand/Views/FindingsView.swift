import Spool
import SpoolSchedule

/// Findings as lines.
extension CrontabFindings {
    /// Lines for people, of which many errors are cut short, or for programs.
    func lines(isJSON: Bool) throws(SpoolError) -> [String] {
        let errors = errors
        let ordered = inOrder
        let shown = isJSON ? errors : min(errors, EntryTable.mostErrors)
        var lines: [String] = []
        for finding in ordered.prefix(shown) { lines += try finding.lines(isJSON: isJSON) }
        if !isJSON, let file = ordered.first?.file, let rest = EntryTable.rest(errors, of: file) {
            lines.append(Printable.text(rest))
        }
        for finding in ordered.dropFirst(errors) { lines += try finding.lines(isJSON: isJSON) }
        return lines
    }
}

extension CrontabFinding {
    fileprivate func lines(isJSON: Bool) throws(SpoolError) -> [String] {
        guard !isJSON else {
            let record = Record(
                file: file, line: diagnostic.line, column: diagnostic.column,
                length: diagnostic.length, severity: diagnostic.severity.rawValue,
                message: diagnostic.message)
            return [try JSONText.line(record)]
        }
        let isOfFile = diagnostic.line == 0
        let heading = Printable.text(
            isOfFile
                ? "\(file): \(diagnostic.severity.rawValue): \(diagnostic.message)"
                : "\(file):\(diagnostic)")
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

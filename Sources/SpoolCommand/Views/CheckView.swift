import Spool
import SpoolCheck

/// `spool check`: a line a finding, and in the end what was found in all.
struct CheckView {
    private let isJSON: Bool
    private let console: Console
    private var summary = CheckSummary()

    init(isJSON: Bool, _ console: Console) {
        self.isJSON = isJSON
        self.console = console
    }

    mutating func show(_ finding: SpoolCheck.Finding) throws(SpoolError) {
        summary.count(finding)
        try console.print(isJSON ? try CheckSummary.json(finding) : CheckSummary.line(finding))
    }

    /// - Parameter unjudgedCount: how many files could not be judged yet.
    /// - Returns: the exit status.
    func end(unjudgedCount: Int) -> Int32 {
        if !isJSON { console.say(summary.text) }
        if unjudgedCount > 0 {
            let files =
                unjudgedCount == 1
                ? "1 file was not judged, as it" : "\(unjudgedCount) files were not judged, as they"
            console.say(
                "\(files) changed within the last minute or may be open for writing:"
                    + " check again in a minute")
        }
        return summary.isSound ? ExitStatus.success : ExitStatus.negative
    }
}

/// The findings of a check, counted.
private struct CheckSummary {
    private var mended = 0
    private var left: [SpoolCheck.Finding.Severity: Int] = [:]

    mutating func count(_ finding: SpoolCheck.Finding) {
        if finding.mended != nil {
            mended += 1
        } else {
            left[finding.severity, default: 0] += 1
        }
    }

    /// Notes don't count: nothing depends on what they tell.
    var isSound: Bool { left[.error] == nil && left[.warning] == nil }

    var text: String {
        let counts = SpoolCheck.Finding.Severity.allCases.compactMap { severity in
            left[severity].map { MessageText.count($0, severity.rawValue) }
        }
        let rest = counts.isEmpty ? "nothing is wrong" : counts.joined(separator: ", ")
        return mended == 0 ? rest : "\(mended) mended; " + rest
    }

    static func line(_ finding: SpoolCheck.Finding) -> String {
        let head =
            "\(finding.mended == nil ? finding.severity.rawValue : "mended")"
            + " \(finding.code.rawValue) \(oneLine(finding.path)): \(oneLine(finding.message)); "
        return head + oneLine(finding.mended ?? finding.code.advice)
    }

    static func json(_ finding: SpoolCheck.Finding) throws(SpoolError) -> String {
        String(decoding: try JSONText.encode(finding, pretty: false).dropLast(), as: UTF8.self)
    }

    /// A finding is a line, whatever a file is called.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line += scalar.escaped(asASCII: true)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}

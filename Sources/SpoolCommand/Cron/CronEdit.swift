import Spool
import SpoolSystem
import SpoolTime

let cronEditCommand = CommandTable(
    "cron edit", "change a crontab, checked before it counts", operands: "[NAME]",
    options: [
        Option(
            "file", "f", "FILE", "install this file instead of starting an editor; - reads stdin"),
        Option("strict", nil, nil, "refuse warnings too"),
        Option("empty", nil, nil, "accept a text without entries"),
        .noStart,
    ]
) { invocation throws(SpoolError) in
    let request = try CronEditRequest(invocation)
    let context = invocation.context
    let spool = try context.openSpool()
    let view = CronEditView(request.file, of: spool.path, context.directory, invocation.console)
    let status =
        if let source = request.source {
            view.show(
                try request.install(from: source, in: context, spool) {
                    verdict throws(SpoolError) in
                    try view.show(verdict)
                })
        } else {
            try view.edit(try CronDraft(request, context, spool))
        }
    if status == ExitStatus.success { try Autostart(invocation).ensureScheduler(of: spool) }
    return status
}

struct CronEditRequest {
    /// `crontab` or `cron.d/NAME`.
    let file: String
    /// A file, or - for standard input; nil: an editor.
    let source: String?
    private let isStrict: Bool
    private let takesEmpty: Bool

    init(_ invocation: Invocation) throws(SpoolError) {
        file = try CronEditRequest.file(invocation.operands)
        source = invocation.value("file")
        isStrict = invocation.has("strict")
        takesEmpty = invocation.has("empty")
    }

    /// The crontab of the operand, as the spool calls it; without one, `crontab` itself.
    private static func file(_ operands: [String]) throws(SpoolError) -> String {
        guard let name = operands.first else { return "crontab" }
        guard operands.count == 1 else { throw .usage("one crontab at a time") }
        let file = name == "crontab" || name.hasPrefix("cron.d/") ? name : "cron.d/" + name
        guard CrontabFiles.isFile(file) else {
            throw .usage("\"\(name)\": a crontab is called crontab, or by its name in cron.d")
        }
        return file
    }

    /// Puts the text of a file in the crontab's place. Nothing takes its place that doesn't check.
    ///
    /// - Parameter report: is told what is wrong or doubtful before anything is installed. Nothing is if it throws.
    func install(
        from source: String, in context: Context, _ spool: SpoolDirectory,
        _ report: (CrontabVerdict) throws(SpoolError) -> Void
    ) throws(SpoolError) -> CronEditResult {
        let bytes = try context.caller.read(source, limit: CrontabText.limit)
        let text = CrontabText(name: Caller.name(of: source), bytes: bytes)
        let verdict =
            if let line = text.openLine {
                CrontabVerdict(text: text, refusal: .openLine(line))
            } else {
                try check(text, spool)
            }
        try report(verdict)
        guard verdict.refusal == nil else { return .refused }
        return .installed(previous: try spool.installCrontab(bytes, as: file))
    }

    /// Says whether a text may be installed.
    fileprivate func check(
        _ text: CrontabText, _ spool: SpoolDirectory
    ) throws(SpoolError) -> CrontabVerdict {
        let findings = CrontabFindings(
            text, try CrontabRules.ofThisMachine(), CrontabSurroundings(spool: spool.path),
            now: Instant(nanoseconds: Clock.realtime()))
        var verdict = CrontabVerdict(text: text, findings: findings)
        if findings.errors > 0 || isStrict && findings.ownWarnings > 0 {
            verdict.refusal = .findings
        } else if findings.entries.isEmpty, !takesEmpty {
            verdict.refusal = .noEntries
        }
        return verdict
    }
}

/// A crontab's text in an editor.
struct CronDraft {
    private let request: CronEditRequest
    private let spool: SpoolDirectory
    /// nil: there is no such file yet.
    private let old: [UInt8]?
    /// Of the file to edit.
    let name: String

    init(
        _ request: CronEditRequest, _ context: Context, _ spool: SpoolDirectory
    ) throws(SpoolError) {
        self.request = request
        self.spool = spool
        old = try spool.crontabText(request.file)?.bytes
        let base = request.file.split(separator: "/").last ?? "crontab"
        let unique = spool.storage.ids.make(at: Instant(nanoseconds: Clock.realtime()))
        name = "spool-\(base)-\(unique)"
    }

    var text: [UInt8] { old ?? CronDraft.beginning }

    func check(_ text: CrontabText) throws(SpoolError) -> CrontabVerdict {
        try request.check(text, spool)
    }

    /// - Returns: the former text, below the spool; nil if nothing was replaced.
    /// - Throws: also if the crontab has changed meanwhile.
    func install(_ text: CrontabText) throws(SpoolError) -> String? {
        try CrontabInstaller(spool.storage).install(text.bytes, as: request.file, replacing: old)
    }

    /// A new crontab begins with this.
    private static let beginning = Array(
        """
        # minute hour day-of-month month weekday command; spool-crontab(5) has the rest.
        # CRON_TZ=Europe/Paris
        # MAILTO=root

        """.utf8)
}

/// What a check says of a new text for a crontab.
struct CrontabVerdict {
    let text: CrontabText
    /// All that is wrong or doubtful; nil: that wasn't looked at.
    var findings: CrontabFindings?
    /// nil: it may be installed.
    var refusal: Refusal?

    enum Refusal {
        case findings
        case noEntries
        /// The last line, of this number, has no line break. A writer that failed on the way leaves half a line, which
        /// may be another command that is good as well.
        case openLine(Int)
    }
}

/// The end of an edit.
enum CronEditResult {
    /// The crontab is as it was.
    case refused
    /// The replaced text's path below the spool; nil if nothing was replaced.
    case installed(previous: String?)
}

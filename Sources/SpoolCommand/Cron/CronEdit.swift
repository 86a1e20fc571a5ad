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
    let view = CronEditView(request.file, context.directory, invocation.console)
    if request.source != nil {
        return view.status(
            of: try request.perform(in: context) { event throws(SpoolError) in
                try view.show(event)
            })
    }
    let draft = try request.draft(in: context)
    let editor = EditedText(
        console: invocation.console, subject: request.file, limit: CrontabText.limit)
    let status = try editor.edit(draft.text, as: draft.fileName) { bytes throws(SpoolError) in
        let text = CrontabText(name: request.file, bytes: bytes)
        return try request.replace(draft, by: text, in: context) { event throws(SpoolError) in
            try view.show(event)
        }
    }
    if status == ExitStatus.success { try request.startScheduler(in: context) }
    return status
}

package struct CronEditRequest {
    /// `crontab` or `cron.d/NAME`.
    package let file: String
    /// nil: the text is edited.
    package let source: Source?
    /// Whether warnings are refused, too.
    package let isStrict: Bool
    package let takesEmpty: Bool
    /// Whether a daemon is started if nobody schedules.
    package let startsDaemon: Bool

    package enum Source {
        /// A path, or - for standard input.
        case file(String)
        case text([UInt8])
    }

    /// - Parameter file: `crontab` or `cron.d/NAME`.
    /// - Throws: `.invalidRequest` if no crontab can be called so.
    package init(
        file: String, source: Source?, isStrict: Bool = false, takesEmpty: Bool = false,
        startsDaemon: Bool
    ) throws(SpoolError) {
        guard CrontabFiles.isFile(file) else { throw CronEditRequest.refusal(of: file) }
        self.file = file
        self.source = source
        self.isStrict = isStrict
        self.takesEmpty = takesEmpty
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        try self.init(
            file: try CronEditRequest.file(invocation.operands),
            source: invocation.value("file").map { .file($0) },
            isStrict: invocation.has("strict"), takesEmpty: invocation.has("empty"),
            startsDaemon: invocation.startsDaemon)
    }

    /// The crontab of the operand, as the spool calls it; without one, `crontab` itself.
    private static func file(_ operands: [String]) throws(SpoolError) -> String {
        guard let name = operands.first else { return "crontab" }
        guard operands.count == 1 else { throw .usage("one crontab at a time") }
        let file = name == "crontab" || name.hasPrefix("cron.d/") ? name : "cron.d/" + name
        guard CrontabFiles.isFile(file) else { throw refusal(of: name) }
        return file
    }

    private static func refusal(of name: String) -> SpoolError {
        if let ending = CrontabFiles.leftoverEnding(of: name) {
            return .usage(
                "\"\(name)\": in cron.d, files whose names end with \(ending) are ignored, as leftovers"
                    + " of editors or package managers; choose another name")
        }
        return .usage(
            "\"\(name)\": a crontab is called crontab, or by its name in cron.d, which"
                + " \(NameRule.advice)")
    }

    /// Puts the text of the source in the crontab's place. Nothing takes its place that doesn't check.
    ///
    /// - Parameter take: is told what is wrong or doubtful before anything is installed. Nothing is if it throws.
    /// - Returns: whether the text is in the crontab's place.
    package func perform(
        in context: Context, _ take: (CronEditEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Bool {
        let spool = try context.openSpool()
        let text: CrontabText
        switch source {
        case .file(let operand):
            text = CrontabText(
                name: Caller.name(of: operand),
                bytes: try context.caller.read(operand, limit: CrontabText.limit))
        case .text(let bytes): text = CrontabText(name: file, bytes: bytes)
        case nil: throw .usage("no text for \(file)")
        }
        if let line = text.openLine {
            try take(.checked(CrontabVerdict(text: text, refusal: .openLine(line))))
            return false
        }
        let isInstalled = try replace(by: text, in: spool, take) {
            installer throws(SpoolError) in try installer.install(text.bytes, as: file)
        }
        if isInstalled { ensureScheduler(of: spool, context) }
        return isInstalled
    }

    // MARK: In an editor

    /// The present text, to be edited.
    package func draft(in context: Context) throws(SpoolError) -> CrontabDraft {
        let spool = try context.openSpool()
        let old = try spool.crontabText(file)?.bytes
        let base = file.split(separator: "/").last ?? "crontab"
        let unique = spool.storage.ids.make(at: Instant(nanoseconds: Clock.realtime()))
        return CrontabDraft(old: old, fileName: "spool-\(base)-\(unique)")
    }

    /// Puts an edited text in the crontab's place. Nothing takes its place that doesn't check.
    ///
    /// - Parameter take: as of `perform`.
    /// - Returns: whether the text is in the crontab's place.
    /// - Throws: also if the crontab has changed meanwhile.
    package func replace(
        _ draft: CrontabDraft, by text: CrontabText, in context: Context,
        _ take: (CronEditEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Bool {
        let spool = try context.openSpool(create: false)
        return try replace(by: text, in: spool, take) { installer throws(SpoolError) in
            try installer.install(text.bytes, as: file, replacing: draft.old)
        }
    }

    /// Sees to it that somebody schedules once a text has been edited.
    package func startScheduler(in context: Context) throws(SpoolError) {
        ensureScheduler(of: try context.openSpool(create: false), context)
    }

    // MARK: Both

    /// - Parameter install: puts the text in the crontab's place, once it has been checked.
    private func replace(
        by text: CrontabText, in spool: SpoolDirectory,
        _ take: (CronEditEvent) throws(SpoolError) -> Void,
        _ install: (CrontabInstaller) throws(SpoolError) -> CrontabInstaller.Replaced
    ) throws(SpoolError) -> Bool {
        let rules = try CrontabRules.ofThisMachine()
        let verdict = check(text, rules, spool)
        try take(.checked(verdict))
        guard verdict.refusal == nil else { return false }
        let replaced = try install(CrontabInstaller(spool.storage))
        // The text counts from here on, so that nothing more can fail.
        try take(
            .installed(
                entryCount: verdict.findings?.entries.count ?? 0,
                replacement(replaced, rules, spool)))
        return true
    }

    /// The text is in its place: if this fails, that is said, and the command has succeeded all the same.
    private func ensureScheduler(of spool: SpoolDirectory, _ context: Context) {
        do throws(SpoolError) {
            try Autostart(context, isWanted: startsDaemon).ensureScheduler(of: spool)
        } catch {
            context.remark("it can't be found out whether a scheduler runs: \(error.message)")
        }
    }

    /// - Returns: nil if no text is kept.
    private func replacement(
        _ replaced: CrontabInstaller.Replaced, _ rules: CrontabRules, _ spool: SpoolDirectory
    ) -> CronEditEvent.Replacement? {
        guard replaced.former != nil || replaced.inForce != nil else { return nil }
        let former = replaced.former.map { path in
            let text = CrontabText(name: file, bytes: replaced.text ?? [])
            return CronEditEvent.Former(
                path: "\(spool.path)/\(path)", errors: findings(text, rules, spool).errors)
        }
        return CronEditEvent.Replacement(
            former: former, inForce: replaced.inForce.map { "\(spool.path)/\($0)" })
    }

    private func findings(
        _ text: CrontabText, _ rules: CrontabRules, _ spool: SpoolDirectory
    ) -> CrontabFindings {
        CrontabFindings(
            text, for: file, rules, CrontabSurroundings(spool: spool.path),
            now: Instant(nanoseconds: Clock.realtime()))
    }

    /// Says whether a text may be installed.
    private func check(
        _ text: CrontabText, _ rules: CrontabRules, _ spool: SpoolDirectory
    ) -> CrontabVerdict {
        let findings = findings(text, rules, spool)
        var verdict = CrontabVerdict(text: text, findings: findings)
        if findings.errors > 0 || isStrict && findings.textWarnings > 0 {
            verdict.refusal = .findings
        } else if findings.entries.isEmpty, !takesEmpty {
            verdict.refusal = .noEntries
        }
        return verdict
    }
}

/// A crontab's text to be edited.
package struct CrontabDraft {
    /// nil: there is no such file yet.
    let old: [UInt8]?
    /// Of a file that nobody else has.
    package let fileName: String

    package var text: [UInt8] { old ?? CrontabDraft.beginning }

    /// A new crontab begins with this.
    private static let beginning = Array(
        """
        # minute hour day-of-month month weekday command; spool-crontab(5) has the rest.
        # CRON_TZ=Europe/Paris
        # MAILTO=root

        """.utf8)
}

/// The result of a check of a new text for a crontab.
package struct CrontabVerdict {
    package let text: CrontabText
    /// All that is wrong or doubtful; nil: that wasn't looked at.
    package internal(set) var findings: CrontabFindings?
    /// nil: it may be installed.
    package internal(set) var refusal: Refusal?

    package enum Refusal {
        case findings
        case noEntries
        /// The last line, of this number, has no line break. A writer that failed on the way leaves half a line, which
        /// may be another command that is good as well.
        case openLine(Int)
    }
}

package enum CronEditEvent {
    case checked(CrontabVerdict)
    /// How many entries the text has, and the texts that are kept of those that it has taken the place of; nil: none is.
    case installed(entryCount: Int, Replacement?)

    /// The texts that the new one has taken the place of.
    package struct Replacement {
        /// The text that stood in the file; nil if it had no entries.
        package let former: Former?
        /// The absolute path of the text that was in force, if that was another one.
        package let inForce: String?
    }

    /// A text that stood in a crontab.
    package struct Former {
        /// The absolute path at which it is kept.
        package let path: String
        /// How many errors it has.
        package let errors: Int
    }
}

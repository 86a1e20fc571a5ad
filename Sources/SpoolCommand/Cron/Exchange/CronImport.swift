import Spool
import SpoolSchedule
import SpoolSystem

let cronImportCommand = CommandTable(
    "cron import", "print a crontab made from cron's, or from systemd timers",
    operands: "[FILE ... | -]",
    options: [
        Option(
            "user-column", "u", nil,
            "a user stands before each job; known of /etc/crontab and /etc/cron.d/*"),
        Option(
            "user", nil, "NAME", "the user whose entries of such a file are taken (default: you)"),
    ]
) { invocation throws(SpoolError) in
    let translation = try CronImportRequest(invocation).perform(in: invocation.context)
    return try TranslationView.show(translation, invocation.console)
}

package struct CronImportRequest {
    /// None: the caller's own crontab.
    let files: [String]
    let hasUserColumn: Bool
    /// Whose entries of a system's crontab are meant; nil: the caller's.
    let user: String?

    package init(files: [String] = [], hasUserColumn: Bool = false, user: String? = nil) {
        self.files = files
        self.hasUserColumn = hasUserColumn
        self.user = user
    }

    init(_ invocation: Invocation) {
        files = invocation.operands
        hasUserColumn = invocation.has("user-column")
        user = invocation.value("user")
    }

    package func perform(in context: Context) throws(SpoolError) -> CronTranslation {
        let sources = try sources(context.caller)
        let rules = try CrontabRules.ofThisMachine()
        let timers = sources.filter(\.isTimer)
        guard timers.isEmpty ? sources.count == 1 : timers.count == sources.count else {
            throw .usage(
                "one crontab at a time, or timers only: what one file sets would hold for the next")
        }
        var units = SystemdTimers()
        for timer in timers { units.add(path: timer.unitPath, text: timer.text, rules) }
        guard timers.isEmpty else { return units.translation }
        try refuseForeign(sources[0].name, sources[0].text, rules)
        let crontab = CronieCrontab(
            name: sources[0].name, text: sources[0].text,
            hasUserColumn: hasUserColumn || CrontabText.hasUserColumn(sources[0].name),
            user: try userName(context.caller), rules: rules,
            surroundings: CrontabSurroundings(spool: nil))
        guard let translation = crontab.translation() else {
            throw .usage(
                "\(crontab.name): a user stands before each job, and neither LOGNAME, USER nor passwd(5) says whose"
                    + " entries are meant; name him with \(context.word(.user)) NAME")
        }
        return translation
    }

    /// A text that is read, and whether it is a timer.
    private struct ImportSource {
        let name: String
        let text: String

        /// By its name, or by what is in it.
        var isTimer: Bool {
            let first = lines.map(\.trimmingBlanks).first {
                !$0.isEmpty && !"#;".contains($0.prefix(1))
            }
            return name.hasSuffix(".timer")
                || first.map { ["[Unit]", "[Timer]", "[Install]"].contains($0) } ?? false
        }

        /// The unit's file: 'systemctl cat' shows its path in a comment.
        var unitPath: String {
            if name.hasSuffix(".timer") { return name }
            let comment = lines.first { $0.hasPrefix("# /") && $0.hasSuffix(".timer") }
            return comment.map { String($0.dropFirst(2)) } ?? name
        }

        private var lines: [Substring] { text.split(whereSeparator: \.isNewline) }
    }

    private func sources(_ caller: Caller) throws(SpoolError) -> [ImportSource] {
        if files.isEmpty { return [ImportSource(name: "crontab", text: try ownCrontab())] }
        return try files.map { file throws(SpoolError) in
            let name = Caller.name(of: file)
            let bytes = try caller.read(file, limit: CrontabText.limit)
            return ImportSource(name: name, text: try text(bytes, name))
        }
    }

    private func ownCrontab() throws(SpoolError) -> String {
        let output: (code: Int32?, bytes: [UInt8])
        do throws(Errno) {
            output = try ProcessControl.output(of: ["crontab", "-l"])
        } catch {
            throw SpoolError(.notFound, "'crontab -l' can't be run: \(error); name a file")
        }
        guard output.code == 0 else {
            throw SpoolError(.notFound, "'crontab -l' showed no crontab; name a file")
        }
        return try text(output.bytes, "crontab")
    }

    private func text(_ bytes: [UInt8], _ name: String) throws(SpoolError) -> String {
        let hasMark = bytes.starts(with: CrontabFile.byteOrderMark)
        let plain = hasMark ? Array(bytes.dropFirst(CrontabFile.byteOrderMark.count)) : bytes
        guard let text = String(validating: plain, as: UTF8.self) else {
            throw SpoolError(.invalidJob, "\(name): is not UTF-8; convert it with iconv(1)")
        }
        return text
    }

    /// nil if nothing says what the caller is called.
    private func userName(_ caller: Caller) throws(SpoolError) -> String? {
        if let user { return user }
        for variable in ["LOGNAME", "USER"] {
            if let name = try caller.variable(variable), !name.isEmpty { return name }
        }
        if let account = UserAccount.lookUp(UserAccount.effective) { return account.name }
        return ProcessControl.isRoot ? "root" : nil
    }
}

/// Refuses a file that is no crontab at all, rather than carry it over line by line.
private func refuseForeign(
    _ name: String, _ text: String, _ rules: CrontabRules
) throws(SpoolError) {
    guard let diagnostic = ForeignFile.diagnostic(of: text),
        CrontabFile.parse(text, options: rules.options(now: nil)).entries.isEmpty
    else { return }
    throw SpoolError(.invalidJob, "\(name):\(diagnostic.line): \(diagnostic.message)")
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    var trimmingBlanks: SubSequence {
        var text = self[...].drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return text
    }
}

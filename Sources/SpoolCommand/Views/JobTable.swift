import Spool
import SpoolTime

/// Jobs as lines for people, and as JSON lines for programs.
enum JobTable {
    /// One job as JSON, on a line: the job's file with `state`, `file` and what people are told.
    ///
    /// - Parameter isEarlier: whether it has the key of another one that was to be submitted.
    static func json(_ entry: JobEntry, isEarlier: Bool = false) throws(SpoolError) -> String {
        try JSONText.line(ListedJob(entry, isEarlier: isEarlier))
    }

    /// Lines with a heading, ids as short as they are unique among them.
    static func lines(_ entries: [JobEntry], now: Instant, console: Console) -> [String] {
        let width = console.terminalWidth
        var table = JobTable.table(entries, now: now, hasDurations: true)
        if !table.isWhole(4, width: width) {
            table = JobTable.table(entries, now: now, hasDurations: false)
        }
        let lines = table.lines(width: width)
        guard console.isColourWanted else { return lines }
        return [Colour.bold(lines[0])]
            + zip(lines.dropFirst(), entries).map { Colour.line($0, for: $1.state) }
    }

    private static func table(_ entries: [JobEntry], now: Instant, hasDurations: Bool) -> Table {
        let ids = shortened(entries.compactMap(\.id))
        let rows = entries.map { entry -> [String] in
            [
                entry.id.flatMap { ids[$0] } ?? "-", entry.state.rawValue,
                entry.job?.effectiveQueue ?? "-",
                when(entry, now: now), result(entry, hasDuration: hasDurations),
                title(entry),
            ]
        }
        return Table(
            ["ID", "STATE", "QUEUE", "WHEN", "RESULT", "JOB"], rows, dispensable: [2, 4, 3])
    }

    /// How many there are, and in which states.
    static func total(_ entries: [JobEntry]) -> String {
        let states = JobState.allCases.compactMap { state -> String? in
            let count = entries.count { $0.state == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        return MessageText.count(entries.count, "job") + ": " + states.joined(separator: ", ")
    }

    private static func title(_ entry: JobEntry) -> String {
        // A dropped file has no other name yet.
        if let title = entry.job?.title, entry.location == nil { return "\(entry.path): \(title)" }
        return entry.job?.title ?? entry.path + (entry.message.map { " (\($0))" } ?? "")
    }

    /// The ends of ids, of six characters or more, that tell these ids apart.
    static func shortened(_ ids: [JobID]) -> [JobID: String] {
        let texts = ids.map(\.description)
        var length = 6
        while length < 26, Set(texts.map { $0.suffix(length) }).count < Set(texts).count {
            length += 1
        }
        return Dictionary(zip(ids, texts.map { String($0.suffix(length)) })) { first, _ in first }
    }

    /// Since when it is so, or how long until it is due.
    private static func when(_ entry: JobEntry, now: Instant) -> String {
        if let due = entry.due {
            return due > now ? "in " + Ago.text(due - now) : "due"
        }
        if entry.location?.place == .scheduled { return "no time" }
        let attempt = entry.job?.attempts?.last
        switch entry.state {
        case .running:
            // One that was claimed in advance has the attempts of earlier rounds at most.
            guard let attempt, attempt.number == entry.location?.name.attempt else { return "-" }
            return "for " + Ago.text(now - attempt.startedAt)
        case .queued, .blocked, .held:
            return entry.job?.submittedAt.map { "for " + Ago.text(now - $0) } ?? "-"
        default:
            return entry.job?.finishedAt.map { Ago.text(now - $0) + " ago" } ?? "-"
        }
    }

    private static func result(_ entry: JobEntry, hasDuration: Bool) -> String {
        guard let attempt = entry.job?.attempts?.last, entry.state != .running else { return "-" }
        var text = attempt.signal ?? attempt.exitCode.map { "exit \($0)" } ?? "-"
        if hasDuration, let duration = attempt.duration { text += " (\(Ago.text(duration)))" }
        return text
    }
}

/// `--json`: the fields of the job's file, and its path.
struct ListedJob: Encodable {
    let id: JobID?
    let job: Job?
    let state: JobState
    let message: String?
    let file: String
    /// nil: that says nothing here.
    let isEarlier: Bool?

    private enum Key: String, CodingKey {
        case id, state, message, file
        case isEarlier = "earlier"
    }

    init(_ entry: JobEntry, isEarlier: Bool = false) {
        self.isEarlier = isEarlier ? true : nil
        var job = entry.job
        job?.state = entry.state
        job?.message = entry.message
        self.job = job
        id = entry.id
        state = entry.state
        message = entry.message
        file = entry.path
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try job?.encode(to: encoder)
        try fields.encodeIfPresent(id, forKey: .id)
        try fields.encode(file, forKey: .file)
        try fields.encode(state, forKey: .state)
        try fields.encodeIfPresent(message, forKey: .message)
        try fields.encodeIfPresent(isEarlier, forKey: .isEarlier)
    }
}

/// Lengths of time in one or two units, for people.
enum Ago {
    static func text(_ span: TimeSpan) -> String {
        let seconds = max(0, span.inSeconds)
        if seconds < 1 { return "\(Int(seconds * 1000))ms" }
        if seconds < 10 { return "\(Int(seconds)).\(Int(seconds * 10) % 10)s" }
        let whole = Int(seconds)
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(whole % 60)s"
        case ..<86_400: return "\(whole / 3600)h\(whole / 60 % 60)m"
        default: return "\(whole / 86_400)d\(whole / 3600 % 24)h"
        }
    }
}

/// ECMA-48 colours, used only on terminals.
enum Colour {
    static func bold(_ text: String) -> String { "\u{1b}[1m\(text)\u{1b}[0m" }

    static func line(_ text: String, for state: JobState) -> String {
        let code: Int? =
            switch state {
            case .running: 36
            case .completed: 32
            case .failed, .timedOut, .interrupted, .dead: 31
            case .cancelled, .held: 33
            default: nil
            }
        return code.map { "\u{1b}[\($0)m\(text)\u{1b}[0m" } ?? text
    }
}

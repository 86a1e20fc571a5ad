/// Hints about a line that sets something in a way that is accepted and surely not meant.
struct AssignmentHints {
    private let name: Token
    /// The value as it is written.
    private let written: Token
    private let hasSeconds: Bool

    init(_ name: Token, _ written: Token, _ hasSeconds: Bool) {
        self.name = name
        self.written = written
        self.hasSeconds = hasSeconds
    }

    var first: CommandHints.Hint? { timer ?? entry ?? expansion ?? standardTime }

    /// A key of a timer unit.
    private var timer: CommandHints.Hint? {
        let keys = ["OnCalendar", "OnBootSec", "OnStartupSec", "OnActiveSec", "OnUnitActiveSec"]
        guard keys.contains(name.text) else { return nil }
        let meant = ForeignSchedule("OnCalendar=" + written.text)
        let advice =
            name.text == "OnCalendar"
            ? meant?.advice("COMMAND") ?? "spool-crontab(5) says what to write"
            : "'spool cron import NAME.timer' translates timers"
        return hint(
            name.position,
            "\(name.text) is a key of systemd's, and a plain variable here: \(advice)")
    }

    /// `MAILTO=root 0 2 * * * backup`.
    private var entry: CommandHints.Hint? {
        guard !written.begins(with: "\""), !written.begins(with: "'") else { return nil }
        let words = Token.tokens(of: written.bytes)
        guard words.count > 2 else { return nil }
        let isNickname = words[1].begins(with: "@")
        let count =
            isNickname ? (["@every", "@at"].contains(words[1].text) ? 2 : 1) : hasSeconds ? 6 : 5
        guard words.count > 1 + count else { return nil }
        let fields = words[1...count].map(\.text).joined(separator: " ")
        // The only question is whether it is a schedule.
        guard isNickname || fields.contains("*"),
            (try? CronExpression(fields, options: CronExpression.Options(seconds: hasSeconds)))
                != nil
        else { return nil }
        return hint(
            words[1].position.lowerBound..<written.position.upperBound,
            "an entry stands on the line of \(name.text), and is a part of its value: write"
                + " `\(name.text)=\(words[0].text)` and the entry on two lines")
    }

    private static let known = [
        "HOME", "PATH", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR", "HOSTNAME", "UID",
    ]

    /// `PATH=$HOME/bin`, `LOG=~/log`.
    private var expansion: CommandHints.Hint? {
        let text = written.text
        let isVariable = AssignmentHints.known.contains { known in
            text.ranges(of: "$" + known).contains { range in
                let next = text[range.upperBound...].first
                return !(next?.isLetter ?? false) && !(next?.isNumber ?? false) && next != "_"
            }
        }
        let isHome = text.split(whereSeparator: { ":\"'".contains($0) }).contains {
            $0 == "~" || $0.hasPrefix("~/")
        }
        guard isVariable || isHome || text.contains("${") || text.contains("$(") else { return nil }
        return hint(
            written.position,
            "nothing in a value is expanded: \(name.text) holds `\(text)` as it stands; write out"
                + " what is meant, or set it in the command")
    }

    /// A zone that is called like the clock of a place, and doesn't have its summer time.
    private var standardTime: CommandHints.Hint? {
        guard name.text == "CRON_TZ", written.text == "EST" || written.text == "MST" else {
            return nil
        }
        let (hours, place) =
            written.text == "EST" ? ("five", "America/New_York") : ("seven", "America/Denver")
        return hint(
            written.position,
            "\(written.text) is \(hours) hours behind UTC in summer too: for a clock with summer time"
                + " write \(place)")
    }

    private func hint(_ place: Range<Int>, _ message: String) -> CommandHints.Hint {
        CommandHints.Hint(place: place, message: message)
    }
}

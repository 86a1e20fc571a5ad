/// An entry of a crontab as the judge knows it: when it has slots, and what becomes of them.
struct Recurrence {
    enum Rule: Equatable {
        /// Whenever the seconds since 1970 are a multiple; a divisor of 60, or 60.
        case multiples(Int)
        /// So many seconds apart, counted from the first sight.
        case sinceSight(Int)
        /// Once, then.
        case instant(Int)
        /// Once after a boot.
        case boot
    }
    enum CatchUp: String { case last, all, none }
    enum Overlap: String { case allow, skip, queue, replace }

    /// What the job is told in `SPOOL_ENTRY`; of one that has no name, what that begins with.
    let name: String
    let rule: Rule
    var catchUp = CatchUp.last
    var overlap = Overlap.skip
    var milliseconds = 0
    /// The longest random delay, in seconds.
    var delay = 0
    var maxAttempts = 1
    /// Whether the line is a plain command, whose name is made from its text.
    var isPlain = false

    /// What is between two slots, in seconds; nil: there is one slot only.
    var period: Int? {
        switch rule {
        case .multiples(let period), .sinceSight(let period): period
        case .instant, .boot: nil
        }
    }

    func isCalled(_ entry: String) -> Bool {
        isPlain ? entry.hasPrefix(name + "-") : entry == name
    }

    /// Its lines of a crontab, with all settings that it needs.
    func text(_ script: String) -> String {
        let plan = JobPlan(token: "slot", self)
        let words = plan.words(script)
        var job = words.joined(separator: " ")
        if !isPlain {
            let command = words.map { "\"\($0)\"" }.joined(separator: ",")
            job = "{\"name\":\"\(name)\",\"command\":[\(command)],\"kill_after\":\"300ms\""
            if maxAttempts > 1 {
                job += ",\"max_attempts\":\(maxAttempts)"
                job += ",\"backoff\":{\"kind\":\"fixed\",\"delay\":\"200ms\"}"
            }
            job += "}"
        }
        let delayText = delay > 0 ? "\(delay)s" : ""
        return """
            CATCH_UP=\(catchUp.rawValue)
            OVERLAP=\(overlap.rawValue)
            RANDOM_DELAY=\(delayText)
            SECONDS=\(rule == .multiples(60) ? "no" : "yes")
            \(schedule) \(job)

            """
    }

    private var schedule: String {
        switch rule {
        case .multiples(1): "* * * * * *"
        case .multiples(60): "* * * * *"
        case .multiples(let period): "*/\(period) * * * * *"
        case .sinceSight(let period): "@every \(period)s"
        case .instant(let seconds): "@at \(CivilTime.text(seconds))"
        case .boot: "@reboot"
        }
    }

    // MARK: What recurs in a run

    /// - Parameter soon: an instant in the run, in seconds since 1970.
    static func crontab(soon: Int) -> [Recurrence] {
        [
            Recurrence(name: "all", rule: .multiples(1), catchUp: .all, overlap: .allow),
            Recurrence(name: "none", rule: .multiples(3), catchUp: .none, overlap: .allow),
            Recurrence(
                name: "delayed", rule: .sinceSight(7), catchUp: .last, overlap: .allow, delay: 4),
            Recurrence(name: "job-sh", rule: .multiples(5), overlap: .allow, isPlain: true),
            Recurrence(name: "minute", rule: .multiples(60), catchUp: .all, overlap: .allow),
            Recurrence(name: "soon", rule: .instant(soon)),
            Recurrence(name: "boot", rule: .boot),
        ]
    }

    /// The files of cron.d/ that stay.
    static let files: [String: [Recurrence]] = [
        "last": [
            Recurrence(
                name: "last", rule: .multiples(2), catchUp: .last, overlap: .allow, maxAttempts: 3)
        ],
        "overlap": [
            Recurrence(name: "skip", rule: .multiples(1), overlap: .skip, milliseconds: 900),
            Recurrence(
                name: "queue", rule: .multiples(2), catchUp: .all, overlap: .queue,
                milliseconds: 700),
            Recurrence(name: "replace", rule: .multiples(3), overlap: .replace, milliseconds: 900),
        ],
    ]

    /// One that comes with an edit, goes with another, and never comes again.
    static func generation(_ number: Int) -> Recurrence {
        Recurrence(
            name: "edit-\(number)", rule: .multiples(2), catchUp: .all, overlap: .allow)
    }
}

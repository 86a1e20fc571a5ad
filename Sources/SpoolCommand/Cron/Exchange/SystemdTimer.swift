import Spool
import SpoolSchedule

/// Timer units of systemd, as entries that start their services.
///
/// The services stay systemd's: an entry runs `systemctl start --wait`. Nothing of a unit's user, environment and
/// sandbox has to be said in other words.
struct SystemdTimers {
    private(set) var translation = CronTranslation()
    /// The settings as they stand at the end of the text so far.
    private var settings: [String: String] = [:]
    /// How many entries the present timer has so far.
    private var count = 0

    init() {
        translation.lines = [
            "# Each entry starts a unit of systemd's, and ends with it. Disable the timers themselves.",
            "OVERLAP=skip",
        ]
    }

    /// - Parameters:
    ///   - path: of the unit's file.
    ///   - text: what is in it.
    mutating func add(path: String, text: String, _ rules: CrontabRules) {
        let unit = UnitFile(text)
        let timer = path.split(separator: "/").last.map(String.init) ?? path
        guard timer.hasSuffix(".timer") || unit.last("Timer", "Unit") != nil else {
            return translation.lose(
                path, "the timer's name isn't known, nor is its service: call the file NAME.timer")
        }
        let service = unit.last("Timer", "Unit") ?? timer.dropLast(".timer".count) + ".service"
        let isUser = path.split(separator: "/").dropLast().contains("user")
        let start = ["systemctl"] + (isUser ? ["--user"] : []) + ["start", "--wait", service]
        let title = unit.last("Unit", "Description").map { ": \($0)" } ?? ""
        translation.lines += ["", "# \(timer)\(title)"]
        set("CATCH_UP", unit.isTrue("Timer", "Persistent") ? "last" : "none")
        set("RANDOM_DELAY", delay(unit, path))
        count = 0
        for entry in unit.entries where entry.section == "Timer" {
            add(entry, "\(path):\(entry.line)", name: timer, start, rules)
        }
    }

    // MARK: Keys

    private mutating func add(
        _ entry: UnitFile.Entry, _ place: String, name: String, _ start: [String],
        _ rules: CrontabRules
    ) {
        let original = "\(entry.key)=\(entry.value)"
        switch entry.key {
        case "OnCalendar": addCalendar(entry.value, place, original, name, start, rules)
        case "OnBootSec", "OnStartupSec":
            guard let span = TimeSpan(inWords: entry.value) else {
                return translation.lose(place, "`\(entry.value)` is no length of time", original)
            }
            translation.note(place, "\(original) counts from when the scheduler sees the boot")
            append("@reboot", name, start, delay: span)
        case "OnUnitActiveSec", "OnActiveSec":
            guard let span = TimeSpan(inWords: entry.value), span >= .seconds(1),
                span.microseconds % 1_000_000 == 0, entry.key == "OnUnitActiveSec"
            else {
                return translation.lose(
                    place, "`\(original)` can't be said: write `@every` or `@at`", original)
            }
            translation.note(
                place, "\(original) counts from when the entry was first seen, not from each start")
            set("CRON_TZ", "")
            append("@every \(span)", name, start)
        case "OnUnitInactiveSec", "OnClockChange", "OnTimezoneChange", "WakeSystem":
            if entry.key == "WakeSystem", !UnitFile.isTrue(entry.value) { return }
            translation.lose(place, "there is nothing like \(entry.key) here", original)
        case "AccuracySec", "DeferReactivation", "RemainAfterElapse":
            translation.note(place, "\(original) is left out: jobs start when they are due")
        default: break
        }
    }

    private mutating func addCalendar(
        _ value: String, _ place: String, _ original: String, _ name: String, _ start: [String],
        _ rules: CrontabRules
    ) {
        if value.isEmpty {
            return translation.lose(
                place, "an empty OnCalendar takes back those above it", original)
        }
        let event: CalendarEvent
        do throws(CalendarEvent.Inexpressible) {
            event = try CalendarEvent(value)
        } catch {
            return translation.lose(place, error.reason, original)
        }
        if let refusal = SystemdTimers.refusal(of: event, rules) {
            return translation.lose(place, refusal, original)
        }
        set("CRON_TZ", event.zone ?? "")
        set("DAY_MATCH", event.needsBoth ? "and" : "")
        set("SECONDS", event.hasSeconds ? "yes" : "")
        append(event.expression, name, start)
    }

    /// Why an expression that stands for an event is refused; nil: it isn't.
    private static func refusal(of event: CalendarEvent, _ rules: CrontabRules) -> String? {
        do {
            let options = CronExpression.Options(
                seconds: event.hasSeconds, dayMatch: event.needsBoth ? .and : .cron)
            _ = try CronExpression(event.expression, options: options)
        } catch {
            return error.message
        }
        do {
            if let zone = event.zone { _ = try rules.zones.zone(named: zone) }
        } catch {
            return error.message
        }
        return nil
    }

    private mutating func delay(_ unit: UnitFile, _ path: String) -> String {
        guard let entry = unit.entry("Timer", "RandomizedDelaySec") else { return "" }
        guard let span = TimeSpan(inWords: entry.value) else {
            translation.lose("\(path):\(entry.line)", "`\(entry.value)` is no length of time")
            return ""
        }
        if !unit.isTrue("Timer", "FixedRandomDelay"), span > .zero {
            translation.note(
                "\(path):\(entry.line)",
                "the delay is picked once for the entry, not anew each time")
        }
        return span == .zero ? "" : span.description
    }

    // MARK: Lines

    private mutating func set(_ name: String, _ value: String) {
        guard settings[name] ?? "" != value else { return }
        settings[name] = value
        translation.lines.append("\(name)=\(value)")
    }

    private mutating func append(
        _ schedule: String, _ name: String, _ start: [String], delay: TimeSpan = .zero
    ) {
        var job = Job(command: .arguments(start))
        count += 1
        job.name = count == 1 ? name : "\(name)-\(count)"
        if delay > .zero { job.delay = delay }
        // A job made of a few texts can be written. If it can't, no entry is better than half of one.
        guard let line = try? JSONText.line(job) else { return }
        translation.lines.append("\(schedule) \(line)")
    }
}

/// A unit file, systemd.syntax(7).
struct UnitFile {
    struct Entry {
        let section: String
        let key: String
        let value: String
        /// 1 for the first.
        let line: Int
    }

    private(set) var entries: [Entry] = []

    init(_ text: String) {
        var section = ""
        var carried = ""
        for (index, raw) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let line = String(raw.trimmingBlanks)
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasSuffix("\\") {
                carried += line.dropLast() + " "
                continue
            }
            let whole = carried + line
            carried = ""
            if whole.hasPrefix("["), whole.hasSuffix("]") {
                section = String(whole.dropFirst().dropLast())
            } else if let sign = whole.firstIndex(of: "=") {
                entries.append(
                    Entry(
                        section: section, key: String(whole[..<sign].trimmingBlanks),
                        value: String(whole[whole.index(after: sign)...].trimmingBlanks),
                        line: index + 1))
            }
        }
    }

    func entry(_ section: String, _ key: String) -> Entry? {
        entries.last { $0.section == section && $0.key == key }
    }

    func last(_ section: String, _ key: String) -> String? { entry(section, key)?.value }

    func isTrue(_ section: String, _ key: String) -> Bool {
        last(section, key).map(UnitFile.isTrue) ?? false
    }

    static func isTrue(_ value: String) -> Bool {
        ["1", "yes", "true", "on"].contains(value.lowercased())
    }
}

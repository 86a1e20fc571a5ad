/// Gives each entry a name of its own that survives a reload and a reordering of the lines.
///
/// It is the first word of the command, for people, and a fingerprint of the schedule, the user and
/// the job as written, blanks between fields apart: `backup-3f9a1c2e77`. Entries alike in all that are
/// told apart by the settings above them, and where these are alike too, by their order.
struct CrontabNames {
    private let entries: [CrontabEntry]
    private(set) var warnings: [CrontabDiagnostic] = []

    /// - Parameter entries: named by their identity so far.
    init(_ entries: [CrontabEntry]) {
        self.entries = entries
    }

    /// What makes an entry itself, wherever its line stands.
    static func identity(_ schedule: [Word], user: String?, job: String) -> String {
        ([schedule.map(\.text).joined(separator: " ")] + (user.map { [$0] } ?? []) + [job])
            .joined(separator: "\n")
    }

    mutating func named() -> [CrontabEntry] {
        let alike = Dictionary(grouping: entries, by: \.name)
        var used: [String: (count: Int, line: Int)] = [:]
        return entries.map { entry in
            var text = entry.name
            if let others = alike[entry.name], others.count > 1 {
                text += "\n" + surroundings(entry)
            }
            var name = "\(word(of: entry))-\(StablePick.fingerprint(text).prefix(10))"
            if let earlier = used[name] {
                used[name] = (earlier.count + 1, earlier.line)
                warn(entry, earlier.line)
                name += "-\(earlier.count + 1)"
            } else {
                used[name] = (1, entry.line)
            }
            var named = entry
            named.name = name
            return named
        }
    }

    private mutating func warn(_ entry: CrontabEntry, _ line: Int) {
        warnings.append(
            CrontabDiagnostic(
                severity: .warning, line: entry.line, column: 1, length: 0,
                message: "the same entry stands in line \(line): both run, and which is which"
                    + " depends on their order"))
    }

    /// What the lines above an entry say about it.
    private func surroundings(_ entry: CrontabEntry) -> String {
        let settings = entry.settings
        let variables = entry.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (["\(entry.zone.name) \(settings.queue ?? "") \(settings.dayMatch)"] + variables)
            .joined(separator: "\n")
    }

    /// The program's name, without its folder, in the letters that every name may have.
    private func word(of entry: CrontabEntry) -> String {
        guard case .shell(let command, _) = entry.job else { return "job" }
        let words = command.split { $0 == " " || $0 == "\t" }
        let program = words.first { !$0.contains("=") } ?? ""
        let base = program.split(separator: "/").last ?? ""
        let letters = base.lowercased().split { !$0.isASCII || !$0.isLetter && !$0.isNumber }
        let name = letters.joined(separator: "-").prefix(24)
        return name.isEmpty ? "job" : String(name)
    }
}

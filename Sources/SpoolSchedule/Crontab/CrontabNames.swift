/// Gives each entry a name of its own that survives a reload and a reordering of the lines.
///
/// A name is the first word of the command, for people, and a fingerprint: `backup-3f9a1c2e77`. The fingerprint is of
/// the schedule, the user and the job as written, blanks between fields apart.
///
/// Entries alike in all that are told apart by the settings above them. If these are alike too, they are told apart by
/// their order.
struct CrontabNames {
    private let entries: [CrontabLine]
    /// Hashes of the text that makes each entry itself, wherever its line stands.
    private let identities: [StableHash]
    private(set) var warnings: [CrontabDiagnostic] = []

    init(_ entries: [CrontabLine], _ identities: [StableHash]) {
        self.entries = entries
        self.identities = identities
    }

    mutating func named() -> [CrontabLine] {
        var counts: [StableHash: Int] = [:]
        counts.reserveCapacity(entries.count)
        for identity in identities { counts[identity, default: 0] += 1 }
        var used: [String: (count: Int, line: Int)] = [:]
        used.reserveCapacity(entries.count)
        var named = entries
        for index in named.indices {
            var identity = identities[index]
            if counts[identity] != 1 { identity.add("\n\(surroundings(entries[index]))".utf8) }
            var name = "\(CrontabNames.word(of: entries[index].job))-\(identity.figures(10))"
            if let earlier = used[name] {
                used[name] = (earlier.count + 1, earlier.line)
                warn(entries[index], earlier.line)
                name += "-\(earlier.count + 1)"
            } else {
                used[name] = (1, entries[index].line)
            }
            named[index].name = name
        }
        return named
    }

    private mutating func warn(_ entry: CrontabLine, _ line: Int) {
        warnings.append(
            CrontabDiagnostic(
                severity: .warning, line: entry.line, column: 1, length: 0,
                message: "the same entry stands in line \(line): both run, and which is which"
                    + " depends on their order"))
    }

    /// The zone, settings and variables that the lines above an entry give it.
    private func surroundings(_ entry: CrontabLine) -> String {
        let settings = entry.settings
        let variables = entry.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (["\(entry.zone.name) \(settings.queue ?? "") \(settings.dayMatch)"] + variables)
            .joined(separator: "\n")
    }

    /// The program's name, without its folder, in the letters that every name may have.
    private static func word(of job: CrontabLine.Work) -> String {
        guard case .shell(var command, _) = job else { return "job" }
        return command.withUTF8 { bytes in
            let words = bytes.split(whereSeparator: Token.isBlank)
            let program = words.first { !$0.contains(UInt8(ascii: "=")) }
            let base = program?.split(separator: UInt8(ascii: "/")).last
            let letters = base?.split { !Token.isDigit($0) && !Token.isLetter($0) } ?? []
            let name = Array(letters.joined(separator: "-".utf8).prefix(longestWord))
            guard !name.isEmpty else { return "job" }
            return String(decoding: name.map(Token.lowercased), as: UTF8.self)
        }
    }

    private static let longestWord = 24
}

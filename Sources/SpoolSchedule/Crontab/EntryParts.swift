/// The parts of an entry's line.
struct EntryParts {
    var schedule: [Token] = []
    /// How many words the schedule should have.
    var count = 0
    var user: Token?
    var job: Token?

    /// The text that makes the entry itself, wherever its line stands: its words, blanks between them apart.
    var identity: String {
        var pieces = [schedule.map(\.text).joined(separator: " ")]
        if let user { pieces.append(user.text) }
        return (pieces + [job?.text ?? ""]).joined(separator: "\n")
    }

    /// A hash of the same text.
    var fingerprint: StableHash {
        var print = StableHash()
        for (index, word) in schedule.enumerated() {
            if index > 0 { print.add(" ".utf8) }
            print.add(word.bytes)
        }
        for word in [user, job] {
            guard let word else { continue }
            print.add("\n".utf8)
            print.add(word.bytes)
        }
        return print
    }
}

import Spool

/// The fields of a job's file that only some jobs have, as far as somebody has set them.
struct RequestFacts {
    private let entry: JobEntry
    /// In characters: the most that is shown of one.
    private static let limit = 200

    init(_ entry: JobEntry) {
        self.entry = entry
    }

    /// Their names for people, and their values.
    var all: [(String, String?)] {
        guard let job = entry.job else { return [] }
        let fields = fields(of: job)
        let shown: [(String, Job.Field)] = [
            ("expires", .expires), ("kill after", .killAfter), ("backoff", .backoff),
            ("retry on", .retryOn), ("success on", .successOn), ("requires", .requires),
            ("slots", .slots), ("limits", .limits), ("mode", .mode), ("mail", .mail),
            ("sync", .sync),
            ("stdin", .stdin),
        ]
        // Of a job that isn't held, its time is told as that which it is due.
        let times: [(String, Job.Field)] = [("not before", .notBefore), ("delay", .delay)]
        let wanted = (entry.state == .held ? times : []) + shown
        return wanted.map { name, field in (name, fields[field.rawValue].map(text)) } + [
            ("children", job.keepChildren == true ? "go on after its end" : nil),
            ("variables", job.env.flatMap { $0.isEmpty ? nil : names(of: $0) }),
        ]
    }

    private func fields(of job: Job) -> [String: JSONValue] {
        // It was read as JSON, so it can be written.
        guard let text = try? job.json() else { return [:] }
        return (try? JSONText.decode([String: JSONValue].self, from: text)) ?? [:]
    }

    /// Without the values, which may be secret.
    private func names(of variables: [String: String]) -> String {
        variables.keys.sorted().joined(separator: " ")
    }

    private func text(_ value: JSONValue) -> String {
        let whole = plain(value)
        return whole.count <= RequestFacts.limit ? whole : whole.prefix(RequestFacts.limit) + "…"
    }

    private func plain(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): return text
        case .array(let items): return items.map(plain).joined(separator: ", ")
        case .object(let fields):
            return fields.sorted { $0.key < $1.key }.map { "\($0.key) \(plain($0.value))" }
                .joined(separator: ", ")
        default:
            let text = (try? JSONText.encode(value, pretty: false)) ?? []
            return String(decoding: text.dropLast(), as: UTF8.self)
        }
    }
}

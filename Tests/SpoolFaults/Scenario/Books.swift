import Foundation
import Glibc
import Spool

/// What is in a spool and what commands have proved, read without the program's own code, and the rules
/// that must hold of it whatever was cut off when.
struct Books {
    struct Entry: Equatable {
        let path: String
        let place: String
        let id: String
        let content: Data
        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: content)) as? [String: Any] ?? [:]
        }
    }

    private(set) var entries: [Entry] = []
    /// Files that are no jobs, in places where they don't belong.
    private(set) var strangers: [String] = []
    private(set) var rejected: [String] = []

    init(of spool: String) throws {
        let places = [
            "incoming", "scheduled", "blocked", "held", "running", "done", "failed", "dead-letter",
        ]
        for place in places {
            guard let walk = FileManager.default.enumerator(atPath: spool + "/" + place) else {
                throw Failure("\(place)/ is not there")
            }
            for case let name as String in walk {
                guard walk.fileAttributes?[.type] as? FileAttributeType != .typeDirectory else {
                    continue
                }
                add(place: place, name, in: spool)
            }
        }
    }

    private mutating func add(place: String, _ name: String, in spool: String) {
        let file = (name as NSString).lastPathComponent
        let path = place + "/" + name
        guard let id = Books.id(in: file) else {
            if place == "dead-letter" { return rejected.append(path) }
            return strangers.append(path)
        }
        if file.hasSuffix(".reason") { return rejected.append(path) }
        guard file.hasSuffix(".json") else { return strangers.append(path) }
        let content = FileManager.default.contents(atPath: spool + "/" + path) ?? Data()
        entries.append(Entry(path: path, place: place, id: id, content: content))
    }

    /// The id in a name, where there is one: 26 characters of Crockford's base 32.
    static func id(in name: String) -> String? {
        name.split(whereSeparator: { $0 == "-" || $0 == "." }).map(String.init).first { part in
            part.count == 26 && part.allSatisfy { $0.isNumber || ($0.isLetter && $0.isUppercase) }
        }
    }

    func of(_ id: String) -> [Entry] { entries.filter { $0.id == id } }
}

// MARK: - The rules

extension Books {
    /// What must hold once everything that was cut off has been recovered.
    ///
    /// - Parameters:
    ///   - known: the jobs whose submission was acknowledged.
    ///   - repeatable: jobs that may begin more than once, so that their starts aren't synced. A power cut may take
    ///     one that has begun, if it comes before its submission is acknowledged.
    /// - Returns: what doesn't hold, a sentence each.
    func faults(
        _ scenario: Scenario, known: [String], repeatable: Set<String>, proof: [String]
    ) -> [String] {
        var faults = strangers.map { "\($0) belongs to no job" }
        for id in known {
            let count = of(id).count
            if count == 0, !scenario.mayVanish { faults.append("job \(id) is lost") }
        }
        for (id, copies) in Dictionary(grouping: entries, by: \.id) {
            if copies.count > 1 {
                faults.append("job \(id) is in several places: \(copies.map(\.path).sorted())")
            }
            if scenario.mayLackReasons, !known.contains(id),
                copies.allSatisfy({ $0.place == "dead-letter" })
            {
                continue
            }
            for entry in copies { faults += self.faults(of: entry, scenario, proof) }
        }
        let mayBeGone = scenario.isCut ? repeatable.subtracting(known) : []
        for id in Set(proof.compactMap(Books.subject)).subtracting(mayBeGone)
        where of(id).isEmpty && !scenario.mayVanish {
            faults.append("job \(id) has run and is nowhere")
        }
        faults += slotFaults(scenario)
        faults += keyFaults(scenario)
        if rejected.isEmpty == scenario.rejects, !scenario.acceptsRejection {
            faults.append("dead-letter/ has \(rejected)")
        }
        return faults
    }

    private func slotFaults(_ scenario: Scenario) -> [String] {
        let slots = entries.compactMap { entry in
            ((entry.object["cron"] as? [String: Any])?["slot"] as? String).map { $0.prefix(10) }
        }
        let counts = Dictionary(grouping: slots, by: String.init).mapValues(\.count)
        return Set(counts.keys).union(scenario.slots).sorted().compactMap { slot in
            let (count, wanted) = (counts[slot] ?? 0, scenario.slots.contains(slot) ? 1 : 0)
            if count == 0 && scenario.mayMissSlots { return nil }
            return count == wanted ? nil : "the slot \(slot) has \(count) jobs, not \(wanted)"
        }
    }

    /// A job that was refused for its key has never had it.
    private func keyFaults(_ scenario: Scenario) -> [String] {
        let holders = entries.filter { entry in
            let message = entry.object["message"] as? String ?? ""
            let isBare = entry.place == "failed" && entry.object["state"] == nil
            // The second name of a file that a power cut has left with two.
            let isRejected = rejected.contains(entry.path + ".reason")
            return !isBare && !isRejected && !message.hasPrefix("the same key as ")
        }
        let byKey = Dictionary(grouping: holders) { $0.object["key"] as? String }
        return scenario.keys.sorted().flatMap { key -> [String] in
            let jobs = byKey[key] ?? []
            if jobs.isEmpty {
                return scenario.acceptsRejection ? [] : ["no job has the key \(key)"]
            }
            guard jobs.contains(where: { $0.object["key_until"] as? String == "end" }) else {
                // A removal isn't synced: the job may come back.
                return jobs.count == 1 || jobs.count == 2 && scenario.isCut && scenario.mayVanish
                    ? [] : ["\(jobs.map(\.path).sorted()) have the key \(key)"]
            }
            let open = jobs.filter { !["done", "failed", "dead-letter"].contains($0.place) }
            let again = jobs.filter { ($0.object["attempts"] as? [Any] ?? []).count > 1 }
            return open.count + again.count <= 1
                ? [] : ["\((open + again).map(\.path)) had the key \(key) at once"]
        }
    }

    private static func subject(_ line: String) -> String? {
        let words = line.split(separator: " ")
        return words.count > 1 ? String(words[1]) : nil
    }

    private func faults(
        of entry: Entry, _ scenario: Scenario, _ proof: [String]
    ) -> [String] {
        // Under a new id where its name was taken.
        if scenario.acceptsRejection || scenario.rejects,
            rejected.contains(entry.path + ".reason")
        {
            return []
        }
        var faults: [String] = []
        let object = entry.object
        if object.isEmpty {
            return ["\(entry.path) is not a whole job: \(entry.content.count) bytes"]
        }
        if !scenario.ends.contains(entry.place) {
            faults.append("\(entry.path) is in \(entry.place)/, not in \(scenario.ends.sorted())")
        }
        let begins = proof.filter { $0.hasPrefix("begin \(entry.id) ") }
        let attempts =
            (object["attempts"] as? [[String: Any]] ?? [])
            + (object["earlier_attempts"] as? [[String: Any]] ?? [])
        let tries = object["max_attempts"] as? Int ?? 1
        let mayForgetStart = scenario.isCut && tries > 1
        if begins.count > max(scenario.begins, tries) + (mayForgetStart ? 1 : 0) {
            faults.append("job \(entry.id) has begun \(begins.count) times: \(begins)")
        }
        if Set(begins).count != begins.count, !mayForgetStart {
            faults.append("an attempt of job \(entry.id) has begun twice: \(begins)")
        }
        for line in begins {
            let number = Int(line.split(separator: " ").last ?? "")
            if !attempts.contains(where: { $0["number"] as? Int == number }) {
                faults.append("\(entry.path) doesn't know of the attempt that \"\(line)\" proves")
            }
        }
        // Nobody tells a runner here to stop its command, so it ended by itself where its code is known.
        for attempt in attempts where attempt["exit_code"] != nil {
            if attempt["outcome"] as? String == "interrupted" {
                faults.append("\(entry.path) has a code, and no end")
            }
        }
        for attempt in attempts where ["done", "failed", "dead-letter"].contains(entry.place) {
            if attempt["outcome"] == nil { faults.append("\(entry.path) has an open attempt") }
        }
        return faults + consistency(entry, object, attempts, proof)
    }

    private func consistency(
        _ entry: Entry, _ object: [String: Any], _ attempts: [[String: Any]], _ proof: [String]
    ) -> [String] {
        let state = object["state"] as? String ?? "none"
        let legal: [String: Set<String>] = [
            "done": ["completed"], "failed": ["failed", "timed_out", "cancelled", "interrupted"],
            "dead-letter": ["dead", "failed", "interrupted", "timed_out"],
        ]
        var faults: [String] = []
        // A cancel that was cut off after its rename, or a mv by hand: it lies where it will never run, and
        // every command shows it as cancelled.
        let isBareCancel = entry.place == "failed" && state == "none" && attempts.isEmpty
        if let states = legal[entry.place], !states.contains(state), !isBareCancel {
            faults.append("\(entry.path) says that its state is \(state)")
        }
        // A copy of an ended job that waits to be run once more has its id in its name alone.
        let isCopy = entry.place == "held" && state == "completed"
        if !isCopy, let id = object["id"] as? String, id != entry.id {
            faults.append("\(entry.path) says that its id is \(id)")
        }
        if entry.place == "done", !proof.contains(where: { $0.hasPrefix("end \(entry.id) ") }) {
            faults.append("\(entry.path) is done and has not run to its end")
        }
        return faults
    }
}

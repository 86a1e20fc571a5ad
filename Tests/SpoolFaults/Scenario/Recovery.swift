import Foundation
import Glibc
import Spool
import SpoolSystem
import SpoolTime

extension ScenarioFixture {
    /// Lets fresh processes bring everything to its end, as after any accident.
    func recover(_ scenario: Scenario) throws {
        for arguments in scenario.aftermath {
            try run(arguments.flatMap { word($0) }, mayFail: true)
        }
        // A runner that nobody could signal looks for a cancellation at its heartbeat, every 5 seconds.
        let end = Clock.monotonic() + 15_000_000_000
        repeat {
            try run(["worker", "--until-empty"])
            // The runner of a worker that is gone may still be bringing its job on.
            if try isSettled(scenario) { return try awaitOurs() }
            // What other processes bring on. A retry that is a few milliseconds away, or the time of grace of a file
            // that isn't a job, only time does: the next worker sees to it.
            try tracer.handleEvents(for: 20)
        } while Clock.monotonic() < end
    }

    private func files(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: spool + "/" + directory)
    }

    /// The text of the crontab, and those it had.
    private func crontabs() throws -> Set<String> {
        let directory = "state/crontabs"
        let former = access(spool + "/" + directory, F_OK) == 0 ? try files(in: directory) : []
        let paths =
            ["crontab"] + former.filter { $0.hasSuffix(".previous") }.map { "\(directory)/\($0)" }
        return try paths.reduce(into: []) { texts, path in
            guard access(spool + "/" + path, F_OK) == 0 else { return }
            texts.insert(try String(contentsOfFile: spool + "/" + path, encoding: .utf8))
        }
    }

    private func awaitOurs() throws {
        do {
            try tracer.run(upTo: 20) { tracer.hasNoneOfOurs }
        } catch is Tracer.HasHung {
            throw Failure("a process doesn't end though every job has")
        }
    }

    private func isSettled(_ scenario: Scenario) throws -> Bool {
        let books = try Books(of: spool)
        if scenario.rejects && books.rejected.isEmpty { return false }
        return books.entries.allSatisfy {
            scenario.ends.contains($0.place)
                || scenario.acceptsRejection && $0.place == "dead-letter"
        }
    }

    /// Removes what nobody holds from tmp/ and running/, however young.
    func sweep() throws {
        var rules = AdmissionRules()
        rules.temporaryAge = .seconds(0)
        try Sweep(SpoolDirectory(at: spool, rules: rules).storage).all()
    }

    /// What doesn't hold of the spool after its recovery.
    ///
    /// - Parameter known: jobs whose submission was acknowledged.
    func faults(
        _ scenario: Scenario, known: [String], repeatable: Set<String> = []
    ) throws -> [String] {
        var faults: [String] = []
        if scenario.secondsAhead > 0 {
            // What the dead have left may have been looked at while a child of theirs still held its lock.
            if try !files(in: "tmp").isEmpty { try run(["worker", "--until-empty"]) }
            let left = try files(in: "tmp")
            if !left.isEmpty { faults.append("left in tmp/, though old: \(left)") }
        }
        try sweep()
        let books = try Books(of: spool)
        faults += books.faults(
            scenario, known: known, repeatable: repeatable, proof: try proofLines())
        let texts = try crontabs()
        for text in scenario.crontabs where !texts.contains(text) {
            faults.append("no crontab and no former one holds \(text.debugDescription)")
        }
        // The file of a dead worker may have been looked at while a child of it still held its lock.
        if try !files(in: "workers").isEmpty { try run(["worker", "--until-empty"]) }
        for directory in ["tmp", "workers"] {
            let left = try files(in: directory)
            if !left.isEmpty { faults.append("left in \(directory)/: \(left)") }
        }
        // Nothing is left to recover, so another recovery changes nothing.
        if !scenario.slots.isEmpty { try run(["scheduler", "--once"]) }
        try run(["worker", "--until-empty"])
        if try Books(of: spool).entries.sorted(by: { $0.path < $1.path })
            != books.entries.sorted(by: { $0.path < $1.path })
        {
            faults.append("a second recovery changed something")
        }
        return faults
    }
}

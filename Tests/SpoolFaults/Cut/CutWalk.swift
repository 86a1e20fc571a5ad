import Foundation
import Glibc
import SpoolTestSupport

/// Cuts the power at every point of a scenario, in every way that the model allows, and looks whether what
/// was promised is there.
struct CutWalk {
    let fixture: ScenarioFixture
    var isOrdered = false
    var seed: UInt64 = 1

    struct Tally {
        var states = 0
        var failures: [String] = []
        /// For each sync of the scenario, whether leaving it out was noticed.
        var mutations: [(what: String, isCaught: Bool)] = []
    }

    func run(_ scenario: Scenario, share: inout Share, mutates: Bool) throws -> Tally {
        try fixture.prepare(scenario)
        let recording = try record(scenario)
        var tally = Tally()
        try explore(
            CrashStates(recording: recording, isOrdered: isOrdered), scenario, &tally,
            share: &share)
        guard mutates else { return tally }
        for (index, entry) in recording.changes.enumerated() where entry.change.isSync {
            var mutant = Tally()
            var whole = Share()
            try explore(
                CrashStates(recording: recording, isOrdered: isOrdered, ignored: [index]),
                scenario, &mutant, share: &whole, stopsAtFailure: true)
            tally.states += mutant.states
            tally.mutations.append((entry.what, !mutant.failures.isEmpty))
        }
        return tally
    }

    // MARK: Recording

    private func record(_ scenario: Scenario) throws -> Recording {
        try fixture.reset()
        let recorder = try Recorder(fixture)
        recorder.attach(to: fixture.tracer)
        var printed: String?
        for step in scenario.steps {
            switch step {
            case .untilBegun: try fixture.tracer.run(upTo: 20) { fixture.tracer.begun > 0 }
            case .makeDirectory(let name): recorder.made(directory: try fixture.makeDirectory(name))
            case .start(let words):
                _ = try fixture.start(
                    words.flatMap { fixture.word($0) }, calls: SystemCalls.ofFiles,
                    output: Capture(), error: Capture())
            case .startOvertaken(let words, let begun):
                fixture.tracer.overtaken = ({ Recorder.isSync($0, of: "incoming") }, begun)
                _ = try fixture.start(
                    words.flatMap { fixture.word($0) }, calls: SystemCalls.ofFiles,
                    output: Capture(), error: Capture())
                try fixture.tracer.run(upTo: 20) { fixture.tracer.isWaiting }
            case .run(let words):
                let output = try Capture()
                let arguments = words.flatMap {
                    $0 == "$printed" ? [printed ?? ""] : fixture.word($0)
                }
                let name = try fixture.start(
                    arguments, calls: SystemCalls.ofFiles, output: output, error: Capture())
                try fixture.tracer.run(upTo: 20) {
                    fixture.tracer.ends.contains { $0.process == name }
                }
                printed = output.text.split(separator: "\n").first.map(String.init) ?? printed
                note(arguments, name, recorder)
            }
        }
        try fixture.tracer.run(upTo: 20) { fixture.tracer.hasNoneOfOurs }
        return recorder.recording
    }

    /// What a program's end has told its caller.
    private func note(_ arguments: [String], _ name: String, _ recorder: Recorder) {
        guard let end = fixture.tracer.ends.first(where: { $0.process == name }),
            let code = end.exitCode, arguments.count > 1
        else { return }
        if arguments[0] == "wait" {
            recorder.tell(.ended(arguments[1], exitCode: code), "wait told \(code)")
        } else if arguments[0] == "cancel", code == 0 {
            recorder.tell(.cancelled(arguments[1]), "cancel ended")
        }
    }

    // MARK: Exploring

    private func explore(
        _ model: CrashStates, _ scenario: Scenario, _ tally: inout Tally, share: inout Share,
        stopsAtFailure: Bool = false
    ) throws {
        var random = SeededGenerator(seed: seed)
        let repeatable = model.recording.repeatable
        var seen: Set<String> = []
        for count in 0...model.recording.changes.count {
            for state in model.states(after: count, random: &random)
            where seen.insert(state.fingerprint).inserted && share.takesNext() {
                tally.states += 1
                do {
                    let wrong = try tryOut(state, scenario, repeatable)
                    if !wrong.isEmpty {
                        tally.failures.append(
                            "\(scenario.name), \(state.what): \(wrong.joined(separator: "; "))")
                    }
                } catch let error as Failure {
                    tally.failures.append("\(scenario.name), \(state.what): \(error)")
                }
                if stopsAtFailure && !tally.failures.isEmpty { return }
            }
        }
    }

    private func tryOut(
        _ state: CrashState, _ scenario: Scenario, _ repeatable: Set<String>
    ) throws -> [String] {
        fixture.tracer.reset()
        try fixture.build(state)
        var scenario = scenario
        scenario.isCut = true
        // What nobody was told of may be a stump, and stumps are set aside.
        scenario.acceptsRejection = true
        scenario.mayLackReasons = scenario.mayForgetReasons
        try fixture.recover(scenario)
        return try fixture.faults(scenario, known: known(state), repeatable: repeatable)
            + promises(state, scenario)
    }

    private func known(_ state: CrashState) -> [String] {
        fixture.ids
            + state.told.compactMap { told in
                if case .submitted(let id) = told { id } else { nil }
            }
    }

    /// What was told must still be so.
    private func promises(_ state: CrashState, _ scenario: Scenario) throws -> [String] {
        let books = try Books(of: fixture.spool)
        var faults: [String] = []
        for id in known(state) where books.rejected.contains(where: { $0.contains(id) }) {
            faults.append("job \(id) was acknowledged, and is set aside as no job")
        }
        let begins = state.begins
        for told in state.told {
            switch told {
            case .ended(let id, let code):
                let entry = books.of(id).first
                let place = code == 0 ? "done" : "failed"
                let last = (entry?.object["attempts"] as? [[String: Any]])?.last
                if entry?.place != place || last?["exit_code"] as? Int != Int(code) {
                    faults.append(
                        "a waiter was told \(code); now job \(id) is \(entry?.path ?? "nowhere")")
                }
            case .cancelled(let id):
                let now = try fixture.proofLines().filter { $0.hasPrefix("begin \(id) ") }.count
                if now > begins.filter({ $0.hasPrefix("begin \(id) ") }).count {
                    faults.append("job \(id) was cancelled, and began after the cut")
                }
            default: break
            }
        }
        return faults
    }
}

extension CrashState {
    /// The begins that the world knows of.
    var begins: [String] {
        var lines: [String] = []
        for case .begun(let line) in told where !lines.contains(line) { lines.append(line) }
        return lines
    }

    /// What the proof says: commands that had begun, and the ends that they have written.
    var proof: [String] {
        var lines = begins
        for case .proved(let line) in told where !lines.contains(line) { lines.append(line) }
        return lines
    }
}

extension ScenarioFixture {
    /// Makes a spool as a cut has left it, on a machine that has been started since.
    func build(_ state: CrashState) throws {
        try clear("fixture")
        try FileManager.default.copyItem(
            atPath: base + "/beginning", toPath: base + "/fixture-beginning")
        try FileManager.default.removeItem(atPath: base + "/fixture-beginning/spool")
        try FileManager.default.removeItem(atPath: base + "/fixture")
        try FileManager.default.moveItem(
            atPath: base + "/fixture-beginning", toPath: base + "/fixture")
        var places: [Int: String] = [:]
        try build("", state, &places)
        let before = try Data(contentsOf: URL(fileURLWithPath: base + "/beginning/proof"))
        let since = Data(state.proof.map { $0 + "\n" }.joined().utf8)
        try (before + since).write(to: URL(fileURLWithPath: proof))
    }

    private func build(
        _ directory: String, _ state: CrashState, _ places: inout [Int: String]
    ) throws {
        guard mkdir(spool + "/" + directory, 0o700) == 0 else {
            throw Failure("mkdir \(directory): \(errorText(errno))")
        }
        for (name, node) in state.directories[directory] ?? [:] {
            let path = directory.isEmpty ? name : directory + "/" + name
            switch node {
            case .directory(let own): try build(own, state, &places)
            case .file(let file):
                if let first = places[file] {
                    link(spool + "/" + first, spool + "/" + path)
                } else {
                    places[file] = path
                    let bytes = ScenarioFixture.rebooted(state.files[file] ?? [])
                    guard
                        FileManager.default.createFile(
                            atPath: spool + "/" + path, contents: Data(bytes),
                            attributes: [.posixPermissions: 0o600])
                    else { throw Failure("create \(path): \(errorText(errno))") }
                }
            }
        }
    }

    private static let bootID =
        (try? String(
            contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
        .trimmingCharacters(in: .newlines)

    /// The same as another boot has left it.
    private static func rebooted(_ bytes: [UInt8]) -> [UInt8] {
        guard let bootID, let text = String(validating: bytes, as: UTF8.self), text.contains(bootID)
        else { return bytes }
        return Array(
            text.replacingOccurrences(of: bootID, with: "00000000-0000-4000-8000-000000000000").utf8
        )
    }
}

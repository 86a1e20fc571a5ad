import Foundation
import Glibc

extension Scenario {
    /// Lets a worker run what is there.
    static let work = Step.run(["worker", "--until-empty", "--slots", "2"])

    /// Those that promise something across a power cut.
    static let synced = ofJobs + ofKeys + ofSlots + ofCrontabs + ofMending
    static let all = synced + unsynced

    private static let ofJobs: [Scenario] = [
        Scenario(
            name: "submit", setUp: { _ in },
            steps: [.run(["run", "--no-start", "--", "$command"])]),
        Scenario(
            name: "submit-queue", setUp: { _ in },
            steps: [
                .run([
                    "run", "--no-start", "--queue", "mail", "--priority", "high", "--", "$command",
                ])
            ]),
        Scenario(
            name: "submit-delayed", setUp: { _ in },
            steps: [.run(["run", "--no-start", "--delay", "1ms", "--", "$command"])]),
        Scenario(
            name: "submit-batch",
            setUp: { fixture in
                for number in 1...3 {
                    try job(fixture, "\(fixture.base)/fixture/job\(number).json")
                }
            },
            steps: [.run(["submit", "--no-start", "$job1", "$job2", "$job3"])]),
        Scenario(name: "run-one", setUp: { try $0.submit() }, steps: [work]),
        Scenario(
            name: "run-two", setUp: { fixture in for _ in 1...2 { try fixture.submit() } },
            steps: [work]),
        // By one process, one after the other.
        Scenario(
            name: "run-in-turn",
            setUp: { fixture in
                try fixture.submit()
                try fixture.submit([], "exit 3")
                try fixture.submit(["--queue", "mail"])
            }, steps: [.run(["worker", "--until-empty", "--slots", "1"])]),
        // Claimed before there is a slot for them, with one sync for all, and none for the start of each.
        Scenario(
            name: "prefetch",
            setUp: { fixture in
                try fixture.write("settings.json", "{\"prefetch_below\": \"10s\"}")
                for _ in 1...2 { try fixture.submit() }
                try fixture.submit([], "exit 3")
                try fixture.submit()
            }, steps: [.run(["worker", "--until-empty", "--slots", "1"])]),
        Scenario(
            name: "fail", setUp: { try $0.submit([], "exit 3") }, steps: [work], ends: ["failed"]),
        Scenario(
            name: "cannot-start",
            setUp: { fixture in
                let id = try fixture.run(["run", "--no-start", "--", "/no/such/program"]).output
                fixture.ids.append(id.trimmingCharacters(in: .newlines))
            }, steps: [work], ends: ["failed"]),
        Scenario(
            name: "admit", setUp: { try job($0, $0.spool + "/incoming/dropped.json") },
            steps: [work]),
        Scenario(
            name: "admit-into-queue",
            setUp: { fixture in
                mkdir(fixture.spool + "/incoming/mail", 0o700)
                try job(fixture, fixture.spool + "/incoming/mail/dropped.json")
            }, steps: [work]),
        Scenario(
            name: "reject",
            setUp: { try $0.write("incoming/broken.json", "{\"command\": [") },
            steps: [work], ends: ["dead-letter"], rejects: true),
        Scenario(
            name: "retry-until-dead",
            setUp: { try $0.submit(["--max-attempts", "2", "--backoff", "fixed:1ms"], "exit 1") },
            steps: [work, work], ends: ["dead-letter"]),
        Scenario(
            name: "promote", setUp: { try $0.submit(["--delay", "1ms"]) }, steps: [work, work]),
        Scenario(
            name: "cancel-waiting", setUp: { try $0.submit() },
            steps: [.run(["cancel", "$1"]), work]),
        Scenario(
            name: "cancel-delayed", setUp: { try $0.submit(["--delay", "1h"]) },
            steps: [.run(["cancel", "$1"])], aftermath: [["cancel", "$1"]], ends: ["failed"]),
        Scenario(
            name: "cancel-running",
            // A shell that blocks signals around its vfork(2), as dash does, may get SIGTERM there, and its
            // child not.
            setUp: { try $0.submit(["--kill-after", "100ms"], "sleep 100") },
            steps: [
                .start(["worker", "--until-empty"]), .untilBegun, .run(["cancel", "$1"]),
            ], aftermath: [["cancel", "$1"]], ends: ["failed"]),
        Scenario(
            name: "retry-failed",
            setUp: { fixture in
                try fixture.submit([], "test -e \(fixture.base)/fixture/fixed")
                _ = try fixture.run(["worker", "--until-empty"])
                try Data().write(to: URL(fileURLWithPath: fixture.base + "/fixture/fixed"))
            }, steps: [.run(["retry", "--no-start", "$1"]), work], begins: 2),
        Scenario(
            name: "hold-release", setUp: { try $0.submit() },
            steps: [.run(["hold", "$1"]), .run(["release", "--no-start", "$1"]), work],
            aftermath: [["release", "--no-start", "$1"]]),
        Scenario(
            name: "move", setUp: { try $0.submit() },
            steps: [
                .run(["move", "$1", "--queue", "mail", "--priority", "critical"]), work,
            ]),
        Scenario(
            name: "clean",
            setUp: { fixture in
                try fixture.submit()
                try fixture.submit([], "exit 1")
                _ = try fixture.run(["worker", "--until-empty"])
            }, steps: [.run(["clean", "--failed", "$1", "$2"])], mayVanish: true),
        Scenario(
            name: "recover-claimed",
            setUp: { fixture in
                try fixture.submit()
                try abandon(fixture) { $0.process == "1" && isCall($0, "clone", "clone3", "fork") }
            }, steps: [work]),
        Scenario(
            name: "recover-started",
            setUp: { fixture in
                try fixture.submit()
                try abandon(fixture) { $0.process == "1.1" && isCall($0, "futex") }
            }, steps: [work], ends: ["failed"]),
        Scenario(
            name: "recover-running",
            setUp: { fixture in
                try fixture.submit([], "sleep 100")
                try abandon(fixture, when: nil)
            }, steps: [work], ends: ["failed"]),
        Scenario(
            name: "recover-retry",
            setUp: { fixture in
                try fixture.submit(["--max-attempts", "2", "--backoff", "fixed:1ms"], "sleep 0.01")
                try abandon(fixture, when: nil)
            }, steps: [work, work], ends: ["done", "dead-letter"]),
        Scenario(
            name: "recover-finished",
            setUp: { fixture in
                try fixture.submit([], "exit 3")
                // The runner's renames: the start's record, the end's record, the end.
                var renames = 0
                try abandon(fixture) { point in
                    guard point.process == "1.1", isCall(point, "renameat2") else { return false }
                    renames += 1
                    return renames == 3
                }
            }, steps: [work], ends: ["failed"]),
    ]

    /// What `sync: off` promises ends with the power.
    private static let unsynced: [Scenario] = [
        Scenario(
            name: "submit-unsynced", setUp: { _ in },
            steps: [.run(["run", "--no-start", "--sync", "off", "--", "$command"])]),
        Scenario(
            name: "run-unsynced",
            setUp: { fixture in
                try fixture.submit(["--sync", "off"])
                try fixture.submit(["--sync", "off"], "exit 3")
            }, steps: [work]),
    ]

    /// More that is told to somebody, and must still be so after a cut.
    static let ofCuts: [Scenario] = [
        Scenario(
            name: "whole-life", setUp: { _ in },
            steps: [
                .run(["run", "--no-start", "--", "$command"]), work, .run(["wait", "$printed"]),
            ]),
        Scenario(
            name: "told-while-running", setUp: { try $0.submit([], "exit 3") },
            steps: [.start(["worker", "--until-empty"]), .run(["wait", "$1"])], ends: ["failed"]),
        // No sync but that of the claims is between the claim of the third one and its start: nothing is left of the
        // first one when they come, and neither the start of the second one nor its end is waited for.
        Scenario(
            name: "prefetch-alone",
            setUp: { fixture in
                try fixture.write("settings.json", "{\"prefetch_below\": \"10s\"}")
                try fixture.submit()
                try job(
                    fixture, "\(fixture.base)/fixture/job1.json", "sleep 0.1", ["max_attempts": 2])
                try job(fixture, "\(fixture.base)/fixture/job2.json")
            },
            steps: [
                .start(["daemon", "--slots", "1", "--idle-exit", "500ms"]), .run(["wait", "$1"]),
                .run(["submit", "--no-start", "$job1", "$job2"]),
            ]),
        // The end of the second one is younger than the last sync that its runner knows of, and a waiter asks for it.
        Scenario(
            name: "told-ahead",
            setUp: { fixture in
                try fixture.write("settings.json", "{\"prefetch_below\": \"10s\"}")
                for _ in 1...4 { try fixture.submit() }
            },
            steps: [
                .start(["worker", "--until-empty", "--slots", "1"]), .run(["wait", "$2"]),
                .run(["wait", "$3"]),
            ]),
        // Both jobs begin before their submission has synced anything of incoming/.
        Scenario(
            name: "begun-before-told",
            setUp: { fixture in
                try job(fixture, "\(fixture.base)/fixture/job1.json", "true", ["max_attempts": 2])
                try job(fixture, "\(fixture.base)/fixture/job2.json")
            },
            steps: [.startOvertaken(["submit", "--no-start", "$job1", "$job2"], begun: 2), work]),
        // Directories that somebody else has made, and that nobody has synced.
        Scenario(
            name: "foreign-directories", setUp: { _ in },
            steps: [
                .makeDirectory("incoming/mail"),
                .run(["run", "--no-start", "--queue", "mail", "--", "$command"]),
                .makeDirectory("done/$today"), work, .run(["wait", "$printed"]),
            ]),
    ]

    static func isCall(_ point: CallPoint, _ names: String...) -> Bool {
        names.contains(SystemCalls.name(point.call))
    }

    /// Lets a worker run the job, or another program do its part, and kills it and its runners at a call, or
    /// when the command has begun.
    static func abandon(
        _ fixture: ScenarioFixture, _ program: [String] = ["worker", "--until-empty"],
        when isPlace: ((CallPoint) -> Bool)?
    ) throws {
        let capture = try Capture()
        let proven = try fixture.proofLines().count
        var isCut = false
        fixture.tracer.reset()
        fixture.tracer.decide = { _, point in
            guard let isPlace, isPlace(point) else { return .go }
            isCut = true
            return .killBefore(all: true)
        }
        _ = try fixture.start(
            program, calls: SystemCalls.changing, output: capture, error: capture)
        try fixture.tracer.run(upTo: 30) {
            isPlace == nil && (try? fixture.proofLines().count > proven) == true
        }
        fixture.tracer.killAll()
        guard isCut || isPlace == nil else {
            throw Failure(
                "the \(program[0]) was not cut off where it should; it wrote: \(capture.text)")
        }
    }

    /// A job file as a user writes it.
    static func job(
        _ fixture: ScenarioFixture, _ path: String, _ body: String = "true",
        _ fields: [String: Any] = [:]
    ) throws {
        let object = fields.merging(["command": fixture.command(body)]) { field, _ in field }
        try JSONSerialization.data(withJSONObject: object)
            .write(to: URL(fileURLWithPath: path))
    }
}

import Foundation
import Glibc

extension Scenario {
    /// What the dead and people's hands have left.
    static let ofMending: [Scenario] = [
        Scenario(
            name: "sweep",
            setUp: { fixture in
                try fixture.submit()
                try leaveFiles(fixture)
            }, steps: [work], secondsAhead: 120),
        Scenario(
            name: "check-repair", setUp: damage, steps: [mend, work],
            aftermath: [["check", "--repair"]], acceptsRejection: true, mayForgetReasons: true,
            secondsAhead: 120),
        // The copy waits until somebody releases it.
        Scenario(
            name: "check-copy",
            setUp: { fixture in
                try copyDone(fixture) { "held/5-\($0).json" }
            }, steps: [mend], aftermath: [["check", "--repair"]], ends: ["done", "held"]),
    ]

    private static let mend = Step.run(["check", "--repair"])

    /// A half of a job that was never submitted, a sidecar and a reason without what they belong to.
    private static func leaveFiles(_ fixture: ScenarioFixture) throws {
        let id = "01M0000000000000000000000A"
        try fixture.write("tmp/\(id).json", "{\"command\": [")
        try fixture.write("running/\(id).1.cancel", "")
        try fixture.write("dead-letter/gone.json.reason", "incoming/gone.json: not JSON\n")
    }

    /// A job of each kind that can be mended.
    private static func damage(_ fixture: ScenarioFixture) throws {
        try leaveFiles(fixture)
        let spool = fixture.spool
        // Under another day than it ended on, and once more among the failed ones.
        let day = try copyDone(fixture) { "failed/\($0).json" }
        try move(fixture, "done/\(day)", "done/2001-01-01")
        // A name of another place.
        let misplaced = try fixture.submit()
        try move(fixture, "incoming/5-\(misplaced).json", "scheduled/\(misplaced).1.json")
        // Its worker and its runner are dead.
        try fixture.submit([], "sleep 100")
        try abandon(fixture, when: nil)
        // Another id inside.
        let renamed = try fixture.submit()
        let path = "incoming/5-\(renamed).json"
        let text = try String(contentsOfFile: "\(spool)/\(path)", encoding: .utf8)
        try fixture.write(path, text.replacing(renamed, with: "01M0000000000000000000000B"))
    }

    /// Has a job run, and its file copied to another place.
    ///
    /// - Returns: its day.
    @discardableResult
    private static func copyDone(
        _ fixture: ScenarioFixture, to path: (String) -> String
    ) throws -> String {
        let done = try fixture.submit()
        _ = try fixture.run(["worker", "--until-empty"])
        let days = try FileManager.default.contentsOfDirectory(atPath: fixture.spool + "/done")
        guard let day = days.first else { throw Failure("nothing is done") }
        try FileManager.default.copyItem(
            atPath: "\(fixture.spool)/done/\(day)/\(done).json",
            toPath: fixture.spool + "/" + path(done))
        return day
    }

    private static func move(_ fixture: ScenarioFixture, _ from: String, _ to: String) throws {
        guard rename("\(fixture.spool)/\(from)", "\(fixture.spool)/\(to)") == 0 else {
            throw Failure("rename \(from): \(errorText(errno))")
        }
    }
}

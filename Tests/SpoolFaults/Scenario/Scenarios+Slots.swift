import Foundation

extension Scenario {
    /// Lets a scheduler decide what is due.
    private static let decide = Step.run(["scheduler", "--once"])

    /// Slots of an entry that has one at the beginning of each year.
    static let ofSlots: [Scenario] = [
        Scenario(
            name: "fire", setUp: { try yearly($0, "CATCH_UP=last", years: 1) },
            steps: [decide], aftermath: twice, ends: ["done"], slots: days(1)),
        Scenario(
            name: "catch-up", setUp: { try yearly($0, "CATCH_UP=all", years: 3) },
            steps: [decide], aftermath: twice, ends: ["done"], slots: days(3)),
        Scenario(
            name: "take-over",
            setUp: { fixture in
                try yearly(fixture, "CATCH_UP=all", years: 2)
                // The renames: the seat, the slot's marker, the job.
                var renames = 0
                try abandon(fixture, ["scheduler", "--once"]) { point in
                    guard point.process == "1", isCall(point, "rename", "renameat", "renameat2")
                    else { return false }
                    renames += 1
                    return renames == 3
                }
            }, steps: [decide], aftermath: twice, ends: ["done"], slots: days(2)),
        Scenario(
            name: "renumber",
            setUp: { fixture in
                // Its slot of this year is decided by the name that another file's entry gets then.
                try yearly(fixture, "CATCH_UP=last", years: 1, file: "cron.d/more")
                _ = try fixture.run(["scheduler", "--once"])
                try fixture.write("crontab", try text(fixture, "CATCH_UP=last"))
            }, steps: [decide], aftermath: twice, ends: ["done"], slots: days(1)),
        Scenario(
            name: "stand-by", setUp: { try yearly($0, "CATCH_UP=all", years: 2) },
            steps: [.start(["scheduler", "--once"]), decide], aftermath: twice, ends: ["done"],
            slots: days(2)),
    ]

    /// Texts of a crontab that take each other's place: at no time is the former one nowhere.
    static let ofCrontabs: [Scenario] = [
        Scenario(
            name: "edit-crontab",
            setUp: { fixture in
                try fixture.write("crontab", former)
                try Data(latter.utf8).write(
                    to: URL(fileURLWithPath: fixture.base + "/fixture/job1.json"))
            }, steps: [edit], aftermath: [["cron", "edit", "--no-start", "-f", "$job1"]],
            crontabs: [former, latter]),
        Scenario(
            name: "empty-crontab", setUp: { try emptied($0) }, steps: [decide], aftermath: twice,
            crontabs: [former]),
        Scenario(
            name: "empty-crontab-unread",
            setUp: { fixture in
                try emptied(fixture)
                // An edit has kept a text since that no scheduler has read.
                try fixture.write("state/crontabs/crontab.previous", latter)
            }, steps: [decide], aftermath: twice, crontabs: [former, latter]),
    ]

    private static let edit = Step.run(["cron", "edit", "--no-start", "-f", "$job1"])
    private static let former = "CRON_TZ=UTC\n@every 1000d true\n"
    private static let latter = "CRON_TZ=UTC\n@every 999d true\n"

    private static func emptied(_ fixture: ScenarioFixture) throws {
        try fixture.write("crontab", former)
        _ = try fixture.run(["scheduler", "--once"])
        try fixture.write("crontab", "")
    }

    /// The first sweeps what a scheduler before it had begun and is superfluous by its end.
    private static let twice = [["scheduler", "--once"], ["scheduler", "--once"]]

    private static var year: Int {
        Calendar(identifier: .gregorian).component(.year, from: Date())
    }

    private static func days(_ years: Int) -> Set<String> {
        Set((0..<years).map { "\(year - $0)-01-01" })
    }

    /// A crontab that has been there for so many New Year's Days, and no scheduler all the while.
    private static func yearly(
        _ fixture: ScenarioFixture, _ setting: String, years: Int, file: String = "crontab"
    ) throws {
        try fixture.write(file, try text(fixture, setting))
        _ = try fixture.run(["scheduler", "--once"])
        let copy = "state/crontabs/" + file.replacing("/", with: "-")
        let path = fixture.spool + "/" + copy
        let kept = try String(contentsOfFile: path, encoding: .utf8)
        let since = "\"at\":\"\(year - years)-06-01T00:00:00.000Z\""
        let aged = kept.replacing(/"at":"[^"]*"/, with: since, maxReplacements: 1)
        guard aged != kept else { throw Failure("\(path) has no first sight") }
        try fixture.write(copy, aged)
    }

    private static func text(_ fixture: ScenarioFixture, _ setting: String) throws -> String {
        let job: [String: Any] = ["command": fixture.command("true"), "name": "yearly"]
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: job), as: UTF8.self)
        return "CRON_TZ=UTC\nOVERLAP=allow\n\(setting)\n0 0 1 1 * \(text)\n"
    }
}

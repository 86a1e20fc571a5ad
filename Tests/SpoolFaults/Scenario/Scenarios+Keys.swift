import Foundation

extension Scenario {
    /// Jobs with keys: never two at once, and a submission that is repeated finds the job, or makes it.
    static let ofKeys: [Scenario] = [
        Scenario(
            name: "key-submit", setUp: { _ in }, steps: [again, again, work],
            aftermath: [keyed], keys: ["k"]),
        // Two lines have one key, and the last one a key that another job has.
        Scenario(
            name: "key-batch",
            setUp: { fixture in
                try fixture.submit(["--key", "old"])
                for (number, key) in [(1, "k"), (2, "k"), (3, "old")] {
                    try job(
                        fixture, "\(fixture.base)/fixture/job\(number).json", "true", ["key": key])
                }
            }, steps: [.run(["submit", "--no-start", "$job1", "$job2", "$job3"])],
            aftermath: [keyed], keys: ["k", "old"]),
        // The first one has had the key and ended. It takes it again, unless the second is quicker.
        Scenario(
            name: "key-retry",
            setUp: { fixture in
                try fixture.submit(["--key", "k", "--key-until", "end"], "exit 1")
                _ = try fixture.run(["worker", "--until-empty"])
            },
            steps: [
                .run(["retry", "--no-start", "$1"]),
                .run([
                    "run", "--no-start", "--key", "k", "--key-until", "end", "--delay", "1h", "--",
                    "$command",
                ]), work,
            ], begins: 2, ends: ["failed", "scheduled"], keys: ["k"]),
        Scenario(
            name: "key-admit",
            setUp: { fixture in
                try fixture.submit(["--key", "old"])
                for (name, key) in [("a", "k"), ("b", "k"), ("c", "old")] {
                    try job(
                        fixture, "\(fixture.spool)/incoming/\(name).json", "true", ["key": key])
                }
            }, steps: [work], aftermath: [keyed], keys: ["k", "old"]),
        Scenario(
            name: "key-clean",
            setUp: { fixture in
                try fixture.submit(["--key", "k"])
                _ = try fixture.run(["worker", "--until-empty"])
            }, steps: [.run(["clean", "$1"]), again, work], aftermath: [keyed], mayVanish: true,
            keys: ["k"]),
    ]

    private static let keyed = ["run", "--no-start", "--key", "k", "--", "$command"]
    private static let again = Step.run(keyed)
}

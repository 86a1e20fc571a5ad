import CSpoolTrace
import Foundation
import Glibc
import SpoolSystem

/// Breaks the queue on purpose, at every system call, and looks whether anything was lost.
///
/// usage: spool-faults kill | fail | cut [--ordered] [--spool PATH] [--scenario NAME] [--every N] [--part I/N]
///                     [--state TEXT] [--seed N] [--seconds N]

var arguments = CommandLine.arguments.dropFirst()
var share = Share()
var only: String?
var mutates = false
var seed = 0
/// On a file system that commits in order, or one that is said to.
var isOrdered = false
var binary = linkTarget("/proc/self/exe").map {
    String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)]) + "/spool"
}

/// Writes a line at once, so that a long walk can be watched.
func report(_ text: String) {
    FileHandle.standardOutput.write(Data("\(text)\n".utf8))
}

func say(_ text: String) {
    FileHandle.standardError.write(Data("spool-faults: \(text)\n".utf8))
}

func usage(_ message: String) -> Never {
    say(
        "\(message)\nusage: spool-faults kill | fail | cut [--ordered] [--spool PATH] [--scenario NAME]"
            + " [--every N] [--part I/N] [--state TEXT] [--seed N] [--seconds N]")
    exit(64)
}

guard let kind = arguments.popFirst() else { usage("what is to be done?") }
while let option = arguments.popFirst() {
    if option == "--mutate" {
        mutates = true
        continue
    }
    if option == "--ordered" {
        isOrdered = true
        continue
    }
    guard let value = arguments.popFirst() else { usage("\(option) needs a value") }
    switch option {
    case "--spool": binary = value
    case "--scenario": only = value
    case "--state": share.beginning = value
    case "--seed": seed = max(0, Int(value) ?? 0)
    case "--seconds":
        share.deadline = Clock.monotonic() + max(1, Int64(value) ?? 1) * 1_000_000_000
    case "--every": share.step = max(1, Int(value) ?? 1)
    case "--part":
        let numbers = value.split(separator: "/").compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] >= 1, numbers[0] <= numbers[1] else {
            usage("--part: \(value) is not of the form 1/2")
        }
        share.part = numbers[0] - 1
        share.parts = numbers[1]
    default: usage("there is no option \(option)")
    }
}
share.seed = seed
guard let path = binary.flatMap({ realpath($0, nil) }) else {
    usage("there is no program \(binary ?? "spool")")
}
guard trace_is_possible() == 0 else {
    report("skipped: ptrace is not allowed here: \(errorText(errno))")
    exit(0)
}

/// Runs what must be run for a scenario; nil where that can't be done here, which is said.
@MainActor func unlessSkipped<Tally>(
    _ scenario: Scenario, _ run: (inout Share) throws -> Tally
) throws -> Tally? {
    do {
        return try run(&share)
    } catch let reason as Skipped {
        report("skipped \(scenario.name): \(reason)")
        return nil
    }
}

@MainActor func sayIfCutShort() {
    if share.isCutShort { say("its time was over before all of its states were tried") }
}

/// Those that were asked for.
@MainActor func chosen(_ scenarios: [Scenario]) -> [Scenario] {
    let chosen = scenarios.filter { only == nil || $0.name == only }
    if chosen.isEmpty {
        let names = scenarios.map(\.name).joined(separator: ", ")
        usage("there is no scenario \(only ?? ""); those of \(kind) are \(names)")
    }
    return chosen
}

/// Every scenario under power cuts.
///
/// - Returns: whether all is well: nothing lost, and each sync that was left out noticed.
@MainActor func cut(_ fixture: ScenarioFixture) throws -> Bool {
    let walk = CutWalk(fixture: fixture, isOrdered: isOrdered)
    var states = 0
    var failures = 0
    for scenario in share.ordered(chosen(Scenario.synced + Scenario.ofCuts)) {
        if share.isCutShort { break }
        let tally = try unlessSkipped(scenario) { share in
            try walk.run(scenario, share: &share, mutates: mutates)
        }
        guard let tally else { continue }
        report("\(scenario.name): \(tally.states) states, \(tally.failures.count) failures")
        for failure in tally.failures { report("  \(failure)") }
        for (what, isCaught) in tally.mutations {
            report("  without \(what): \(isCaught ? "caught" : "not noticed")")
        }
        states += tally.states
        failures += tally.failures.count
    }
    sayIfCutShort()
    report("cut: \(states) states, \(failures) failures")
    return failures == 0
}

do {
    let fixture = try ScenarioFixture(binary: String(cString: path))
    fixture.tracer.feignsOrder = isOrdered
    let walk: Walk
    switch kind {
    case "kill": walk = .kill(fixture)
    case "fail": walk = .fail(fixture)
    case "cut": exit(try cut(fixture) ? 0 : 1)
    default: usage("there is no \(kind)")
    }
    var total = Walk.Tally()
    for scenario in share.ordered(chosen(Scenario.all)) {
        if share.isCutShort { break }
        guard let tally = try unlessSkipped(scenario, { try walk.run(scenario, share: &$0) }) else {
            continue
        }
        report(
            "\(scenario.name): \(tally.states) states, \(tally.missed) not reached, \(tally.failures.count) failures"
        )
        for failure in tally.failures { report("  \(failure)") }
        total.states += tally.states
        total.missed += tally.missed
        total.failures += tally.failures
    }
    sayIfCutShort()
    report(
        "\(kind): \(total.states) states, \(total.missed) not reached, \(total.failures.count) failures"
    )
    exit(total.failures.isEmpty ? 0 : 1)
} catch {
    say("\(error)")
    exit(70)
}

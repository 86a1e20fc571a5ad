import CSpoolTrace
import Glibc

extension Walk {
    /// Kill at every state-changing call: before and after it, the process that makes it alone, and all of
    /// them, as when a machine's processes die together.
    static func kill(_ fixture: ScenarioFixture) -> Walk {
        Walk(fixture: fixture, calls: SystemCalls.changing) { _, point in
            [
                .killBefore(all: false), .killBefore(all: true), .killAfter(all: false),
                .killAfter(all: true),
            ]
            .map { Fault(point: point, verdict: $0) }
        }
    }

    /// Fail every call once, with each error that it may give.
    static func fail(_ fixture: ScenarioFixture) -> Walk {
        var walk = Walk(fixture: fixture, calls: SystemCalls.failing) { event, point in
            // That of the shell that starts the program.
            if SystemCalls.name(event.number) == "execve", !point.process.contains(".") {
                return []
            }
            var faults = SystemCalls.errors(of: event)
                .map { Fault(point: point, verdict: .fail($0)) }
            if SystemCalls.canBeShort(event) {
                faults.append(Fault(point: point, verdict: .shorten))
            }
            return faults
        }
        walk.judge = judgeFailing
        return walk
    }

    /// Whether what was to be synced may be nowhere but in memory.
    private static func isSyncThatFailed(_ fault: Fault) -> Bool {
        guard case .fail(let errno) = fault.verdict, errno != EINTR else { return false }
        return ["fsync", "fdatasync", "syncfs", "sync_file_range"]
            .contains(SystemCalls.name(fault.point.call))
    }

    /// A program that a call has failed goes on, or says so and ends by itself; a submission that wasn't
    /// acknowledged isn't there.
    private static func judgeFailing(
        _ fault: Fault, _ ended: [Ended], _ strangers: [String]
    ) -> [String] {
        var faults: [String] = []
        for program in ended {
            let what = "spool \(program.arguments.prefix(2).joined(separator: " "))"
            if let signal = program.end?.signal {
                faults.append("\(what) died of signal \(signal): \(program.error)")
            }
            guard let code = program.end?.exitCode, code != 0 else {
                if isSyncThatFailed(fault), program.end?.process == fault.point.process,
                    ["run", "submit"].contains(program.arguments.first)
                {
                    faults.append("\(what) told an id that isn't on the disk: \(program.output)")
                }
                continue
            }
            // The dynamic loader comes before the program.
            if program.error.contains("error while loading shared libraries") { continue }
            guard program.error.hasPrefix("spool: ") || program.error.contains("\nspool: ") else {
                faults.append("\(what) ended with \(code) and without a word: \(program.error)")
                continue
            }
            // A check prints what it finds.
            let said = program.error + (program.arguments.first == "check" ? program.output : "")
            // What isn't there has better words than "No such file or directory", and a directory that is said
            // to be there and isn't shows in the next call.
            if case .fail(let errno) = fault.verdict, errno != ENOENT,
                errno != EEXIST || SystemCalls.name(fault.point.call) != "mkdirat",
                program.end?.process == fault.point.process,
                !said.contains(errorText(errno)),
                errno != EACCES || !said.contains("no permission")
            {
                faults.append("\(what) doesn't say why: \(said)")
            }
            if ["run", "submit"].contains(program.arguments.first),
                strangers.contains(where: { !program.error.contains($0) })
            {
                faults.append("\(what) failed and submitted \(strangers): \(program.error)")
            }
        }
        return faults
    }
}

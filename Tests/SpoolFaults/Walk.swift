import CSpoolTrace
import Glibc
import SpoolSystem

/// Which part of a walk is done: the whole, or a share of it that is spread evenly.
struct Share {
    /// Takes every so many-th state.
    var step = 1
    /// Of several processes that share the work, this one.
    var part = 0
    var parts = 1
    /// Only those whose description begins like this.
    var beginning = ""
    /// Another seed is another share of the same size, and another order of the scenarios.
    var seed = 0 {
        didSet { counter = seed % (step * parts) }
    }
    /// When the walk ends, by the monotonic clock in nanoseconds, wherever it is then.
    var deadline = Int64.max
    /// Whether it has ended for that.
    private(set) var isCutShort = false

    private var counter = 0

    init() {}

    /// Whether the next state is this share's.
    mutating func takesNext() -> Bool {
        if isCutShort || Clock.monotonic() >= deadline {
            isCutShort = true
            return false
        }
        defer { counter += 1 }
        return counter % step == 0 && counter / step % parts == part
    }

    /// The scenarios in this share's order, so that a walk that is cut short doesn't leave out the same ones each time.
    func ordered(_ scenarios: [Scenario]) -> [Scenario] {
        let first = seed / (step * parts) % max(scenarios.count, 1)
        return Array(scenarios[first...] + scenarios[..<first])
    }
}

/// One way of spoiling a run.
struct Fault: CustomStringConvertible {
    let point: CallPoint
    let verdict: Verdict

    var description: String {
        switch verdict {
        case .go: "\(point)"
        case .killBefore(let all): "\(point): \(all ? "all" : "it") killed before"
        case .killAfter(let all): "\(point): \(all ? "all" : "it") killed after"
        case .fail(let code): "\(point): \(errorText(code))"
        case .shorten: "\(point): half of it"
        }
    }
}

/// Runs scenarios with one fault in each run, and looks at the books afterwards.
struct Walk {
    struct Tally {
        var states = 0
        var missed = 0
        var failures: [String] = []
    }

    let fixture: ScenarioFixture
    let calls: [CInt]
    /// The ways of spoiling a run at a call.
    let faults: (trace_event, CallPoint) -> [Fault]
    /// More rules, for a program that a call has failed.
    ///
    /// Its third argument: the jobs that are in the spool though nobody was told.
    var judge: (Fault, [Ended], [String]) -> [String] = { _, _, _ in [] }

    /// A program of the scenario after its end.
    struct Ended {
        let arguments: [String]
        let end: TracedEnd?
        let output: String
        let error: String
    }

    func run(_ scenario: Scenario, share: inout Share) throws -> Tally {
        try fixture.prepare(scenario)
        let all = try points(scenario)
        var tally = Tally()
        for fault in all where share.takesNext() && fault.description.hasPrefix(share.beginning) {
            tally.states += 1
            do {
                try tryOut(fault, scenario, &tally)
            } catch let error as Failure {
                tally.failures.append("\(scenario.name) \(fault): \(error)")
            }
        }
        return tally
    }

    /// All faults of a scenario, from a run without any.
    private func points(_ scenario: Scenario) throws -> [Fault] {
        var all: [Fault] = []
        try fixture.reset()
        let ended = try play(scenario) { event, point in
            all += faults(event, point)
            return .go
        }
        try fixture.recover(scenario)
        let wrong = try fixture.faults(scenario, known: known(ended))
        guard wrong.isEmpty else {
            throw Failure("\(scenario.name), undisturbed: \(wrong.joined(separator: "; "))")
        }
        return all
    }

    private func tryOut(_ fault: Fault, _ scenario: Scenario, _ tally: inout Tally) throws {
        var scenario = scenario
        // Without the permission to read it, a file is no job: the administrator must look.
        if case .fail(EACCES) = fault.verdict { scenario.acceptsRejection = true }
        var isHit = false
        var subject: String?
        var ended: [Ended] = []
        // What several processes do at once isn't the same each time.
        for _ in 0..<3 where !isHit {
            try fixture.reset()
            ended = try play(scenario) { event, point in
                guard !isHit, point == fault.point else { return .go }
                isHit = true
                subject = path(of: event)
                // An entry whose first sight isn't on record is new, and has no slots before now.
                if case .fail(ENOENT) = fault.verdict, isOfCrontabs(event) {
                    scenario.mayMissSlots = true
                    // Nor has a text that was removed by hand to be kept.
                    if subject?.hasPrefix("state/crontabs/") == true {
                        scenario.crontabs = []
                    }
                }
                // The reason of a file that seems to be gone is swept.
                if case .fail(ENOENT) = fault.verdict, subject?.hasPrefix("dead-letter/") == true {
                    scenario.mayLackReasons = true
                }
                return fault.verdict
            }
        }
        if !isHit { tally.missed += 1 }
        let known = self.known(ended)
        let strangers = try Books(of: fixture.spool).entries.map(\.id).filter {
            !known.contains($0)
        }
        var wrong = isHit ? judge(fault, ended, strangers) : []
        try fixture.recover(scenario)
        wrong += try fixture.faults(scenario, known: known)
        if !wrong.isEmpty {
            tally.failures.append(
                "\(scenario.name) \(fault): \(subject ?? "-"): \(wrong.joined(separator: "; "))")
        }
    }

    /// Whether a call is about a crontab, or what is on record of one, or a slot's marker: one that is gone as it is
    /// read was removed by hand, and its slot with it.
    private func isOfCrontabs(_ event: trace_event) -> Bool {
        let path = path(of: event) ?? ""
        return path.contains("cron") || path.hasPrefix("state/slots/")
    }

    /// The file that a call is about.
    private func path(of event: trace_event) -> String? {
        ["openat", "openat2", "newfstatat", "statx"].contains(SystemCalls.name(event.number))
            ? string(of: event.pid, at: event.arguments.1)
            : descriptorPath(event.pid, CInt(truncatingIfNeeded: event.arguments.0))
    }

    /// The jobs that must be there: those of the beginning, and those whose ids were printed.
    private func known(_ ended: [Ended]) -> [String] {
        let printed = ended.filter { ["run", "submit"].contains($0.arguments.first) }
            .flatMap { $0.output.split(separator: "\n").map(String.init) }
        return fixture.ids + printed.filter { $0.count == 26 }
    }

    /// Runs the scenario's programs under the tracer.
    private func play(
        _ scenario: Scenario, decide: @escaping (trace_event, CallPoint) -> Verdict
    ) throws -> [Ended] {
        let tracer = fixture.tracer
        var isAllOver = false
        tracer.decide = { event, point in
            let verdict = decide(event, point)
            switch verdict {
            case .killBefore(all: true), .killAfter(all: true): isAllOver = true
            default: break
            }
            return verdict
        }
        defer { tracer.decide = { _, _ in .go } }
        var programs: [(name: String, arguments: [String], output: Capture, error: Capture)] = []
        for step in scenario.steps where !isAllOver {
            switch step {
            case .untilBegun: try wait(scenario) { tracer.begun > 0 }
            case .makeDirectory(let name): _ = try fixture.makeDirectory(name)
            case .start(let words), .startOvertaken(let words, _), .run(let words):
                let arguments = words.flatMap { fixture.word($0) }
                let output = try Capture()
                let error = try Capture()
                let name = try fixture.start(arguments, calls: calls, output: output, error: error)
                programs.append((name, arguments, output, error))
                if case .run = step {
                    try wait(scenario) { tracer.ends.contains { $0.process == name } }
                }
            }
        }
        // Those that were started and not waited for may wait for what is never asked of them now.
        if isAllOver { try wait(scenario) { tracer.hasNoneOfOurs } }
        return programs.map { program in
            Ended(
                arguments: program.arguments,
                end: tracer.ends.first { $0.process == program.name },
                output: program.output.text, error: program.error.text)
        }
    }

    private func wait(_ scenario: Scenario, until isSo: () -> Bool) throws {
        do {
            try fixture.tracer.run(upTo: 20, until: isSo)
        } catch is Tracer.HasHung {
            throw Failure("\(scenario.name) has hung")
        }
    }
}

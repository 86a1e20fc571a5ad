import CSpoolTrace
import Foundation
import Glibc
import SpoolTestSupport

/// Where one state is tried: a spool that is set up afresh from the scenario's beginning each time, under a
/// path that stays the same, and beside it the file in which commands prove that they have run.
final class ScenarioFixture {
    let tracer: Tracer
    let base: String
    var spool: String { base + "/fixture/spool" }
    /// A command appends "begin ID ATTEMPT" when it begins, "end ID ATTEMPT" when it ends.
    var proof: String { base + "/fixture/proof" }
    private var beginning: String { base + "/beginning" }

    /// What a scenario's setup has submitted: ids, in order.
    var ids: [String] = []
    private let binary: String
    /// What makes the clock of a program wrong.
    private var clock: [String: String] = [:]

    init(binary: String) throws {
        self.binary = binary
        tracer = Tracer(binary: binary)
        // In memory, as a walk is about what calls do, not about disks.
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        var template = Array("\(parent)/spool-faults-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: \(errorText(errno))") }
        base = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try make("fixture")
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }

    private func make(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: base + "/" + name, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    // MARK: Beginnings

    /// Makes the state in which a scenario begins.
    func prepare(_ scenario: Scenario) throws {
        tracer.reset()
        try clear("fixture")
        try clear("beginning")
        ids = []
        try setClock(ahead: 0)
        _ = try run(["init"])
        try Data().write(to: URL(fileURLWithPath: proof))
        try scenario.setUp(self)
        try setClock(ahead: scenario.secondsAhead)
        tracer.reset()
        try copy("fixture", to: "beginning")
    }

    /// Goes back to that state.
    func reset() throws {
        tracer.reset()
        try clear("fixture")
        try copy("beginning", to: "fixture")
    }

    func clear(_ name: String) throws {
        if access(base + "/" + name, F_OK) == 0 {
            try FileManager.default.removeItem(atPath: base + "/" + name)
        }
        try make(name)
    }

    func copy(_ name: String, to target: String) throws {
        try clear(target)
        for child in try FileManager.default.contentsOfDirectory(atPath: base + "/" + name) {
            try FileManager.default.copyItem(
                atPath: "\(base)/\(name)/\(child)", toPath: "\(base)/\(target)/\(child)")
        }
    }

    // MARK: Programs

    private var environment: [String] {
        ["PATH=/usr/bin:/bin", "HOME=\(base)", "SPOOL_DIR=\(spool)", "TZ=UTC", "LC_ALL=C"]
            + clock.map { "\($0)=\($1)" }
    }

    /// Sets the clock of all programs that are started from here on.
    private func setClock(ahead seconds: Int) throws {
        clock = [:]
        guard seconds != 0 else { return }
        guard let library = try WrongClock.make(for: binary, in: base) else {
            throw Skipped("it needs a program that is not static, and a C compiler")
        }
        clock = WrongClock.environment(library: library, seconds: seconds)
    }

    /// The command of a job: proves its begin and its end around what it does.
    func command(_ body: String) -> [String] {
        [
            "sh", "-c",
            // SPOOL_ATTEMPT starts anew when a job is retried; the number in the file's name never does.
            "n=${SPOOL_JOB_FILE%.json}; n=${n##*.}; echo begin $SPOOL_JOB_ID $n >>\(proof);"
                + " \(body); code=$?; echo end $SPOOL_JOB_ID $n >>\(proof); exit $code",
        ]
    }

    /// Submits a job as the scenario's beginning.
    @discardableResult
    func submit(_ options: [String] = [], _ body: String = "true") throws -> String {
        let id = try run(["run", "--no-start"] + options + ["--"] + command(body)).output
            .trimmingCharacters(in: .newlines)
        ids.append(id)
        return id
    }

    struct Result {
        let status: CInt
        let output: String
        let error: String
    }

    /// Starts a program of ours that stops before these calls.
    ///
    /// - Returns: its name among the traced.
    func start(
        _ arguments: [String], calls: [CInt], output: Capture, error: Capture
    ) throws -> String {
        let empty = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(empty) }
        return try tracer.start(
            ["spool"] + arguments, environment: environment, directory: base,
            standard: [empty, output.number, error.number], calls: calls)
    }

    /// Runs a program of ours that nothing disturbs, while whatever else runs goes on.
    ///
    /// - Throws: when it fails though it must not, or hangs.
    @discardableResult
    func run(
        _ arguments: [String], mayFail: Bool = false, upTo seconds: Int = 30
    ) throws -> Result {
        let decide = tracer.decide
        tracer.decide = { _, _ in .go }
        defer { tracer.decide = decide }
        let output = try Capture()
        let error = try Capture()
        let name = try start(arguments, calls: [], output: output, error: error)
        do {
            try tracer.run(upTo: seconds) { tracer.ends.contains { $0.process == name } }
        } catch is Tracer.HasHung {
            throw Failure(
                "spool \(arguments.joined(separator: " ")) has hung; it wrote: \(error.text)")
        }
        let end = tracer.ends.first { $0.process == name }
        let result = Result(
            status: end?.exitCode ?? -(end?.signal ?? 0), output: output.text, error: error.text)
        if !mayFail, result.status != 0 {
            throw Failure(
                "spool \(arguments.joined(separator: " ")): \(result.status) \(result.error)")
        }
        return result
    }

    /// What commands have proved, a line each.
    func proofLines() throws -> [String] {
        try String(contentsOfFile: proof, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// An argument of a scenario's program.
    func word(_ template: String) -> [String] {
        guard template.hasPrefix("$") else { return [template] }
        if template == "$command" { return command("true") }
        if template.hasPrefix("$job") {
            return ["\(base)/fixture/job\(template.dropFirst(4)).json"]
        }
        return Int(template.dropFirst()).map { [ids[$0 - 1]] } ?? [template]
    }

    /// Makes a directory of the spool, as `Scenario.Step.makeDirectory` says.
    ///
    /// - Returns: its path below the spool.
    func makeDirectory(_ template: String) throws -> String {
        let name = template.replacing("$today", with: ScenarioFixture.today())
        guard mkdir(spool + "/" + name, 0o700) == 0 || errno == EEXIST else {
            throw Failure("mkdir \(name): \(errorText(errno))")
        }
        return name
    }

    private static func today() -> String {
        var (now, parts) = (time(nil), tm())
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 11)
        strftime(&text, text.count, "%Y-%m-%d", &parts)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: spool + "/" + name))
    }
}

/// A file without a name that takes a program's output.
final class Capture {
    let number: CInt

    init() throws {
        number = trace_memory_file()
        guard number >= 0 else { throw Failure("memfd_create: \(errorText(errno))") }
    }

    deinit { close(number) }

    var text: String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(number, &chunk, chunk.count, off_t(bytes.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}

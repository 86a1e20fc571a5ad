import Glibc
import Spool
import SpoolSystem

/// A spool of one test: made for it, and removed with everything that still runs from it.
package final class TemporarySpool: Sendable {
    /// What holds the spool and whatever else the test makes.
    package let base: String
    /// The spool itself. It isn't made before somebody uses it.
    package let path: String
    /// The working directory of the programs that the test runs.
    package let home: String
    private let hasRun = LockedBox(false)
    /// What lives as long as the spool, such as a worker that nothing else refers to.
    private let kept = LockedBox<[any AnyObject & Sendable]>([])

    /// - Parameter parent: where there is room for it; nil: where temporary files go.
    package init(in parent: String? = nil) throws {
        base = try FileTree.makeTemporaryDirectory(in: parent)
        path = base + "/spool"
        home = base + "/home"
        try FileTree.check(mkdir(home, 0o700), "mkdir")
    }

    deinit {
        if hasRun.withLock({ $0 }) { killProcesses() }
        FileTree.remove(base)
    }

    /// The spool, made if need be.
    package func open(rules: AdmissionRules = AdmissionRules()) throws -> SpoolDirectory {
        try SpoolDirectory(at: path, rules: rules)
    }

    /// The same with a clock of the test's.
    package func open(
        _ clock: TestClock, rules: AdmissionRules = AdmissionRules()
    ) throws -> SpoolDirectory {
        try SpoolDirectory(at: path, rules: rules, now: clock.reading)
    }

    // MARK: Files

    /// A path below the spool.
    package subscript(_ name: String) -> String { path + "/" + name }

    package func names(_ directory: String) throws -> [String] {
        guard FileTree.exists(self[directory]) else { return [] }
        return try Directory(path: path).names(in: directory).sorted()
    }

    package func read(_ name: String) throws -> String {
        String(decoding: try FileTree.read(self[name]), as: UTF8.self)
    }

    package func write(_ name: String, _ text: String) throws {
        try FileTree.write(self[name], Array(text.utf8))
    }

    /// As mv(1) does it.
    package func rename(_ name: String, to target: String) throws {
        try FileTree.check(Glibc.rename(self[name], self[target]), "rename \(name) to \(target)")
    }

    package func copy(_ name: String, to target: String) throws {
        try FileTree.copy(self[name], to: self[target])
    }

    package func remove(_ name: String) throws {
        try FileTree.check(unlink(self[name]), "unlink \(name)")
    }

    package func exists(_ name: String) -> Bool { FileTree.exists(self[name]) }

    /// Every job file that has a place, wherever it lies.
    package func jobPaths() throws -> [String] {
        try Listing(open().storage).locations().map(\.path).sorted()
    }

    package func job(_ id: String) throws -> Job {
        let spool = try open()
        // It may move on between the two.
        guard let found = try JobReader(spool.storage).follow(try spool.find(id)) else {
            throw SpoolError(.notFound, "\(id) is gone, or no job any more")
        }
        return found.job
    }

    package func history() throws -> String {
        try names("history").map { try read("history/" + $0) }.joined()
    }

    /// What the history tells of a job, in the order of its lines.
    package func verbs(of id: String) throws -> [String] {
        try history().split(separator: "\n").compactMap { line in
            let fields = try JSONText.decode([String: JSONValue].self, from: Array(line.utf8))
            guard fields["job"] == .string(id), case .string(let verb)? = fields["verb"] else {
                return nil
            }
            return verb
        }
    }

    /// Lines of a file in the home directory; none where there is no such file.
    package func lines(_ name: String) throws -> [String] {
        guard FileTree.exists(home + "/" + name) else { return [] }
        return String(decoding: try FileTree.read(home + "/" + name), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    // MARK: Programs

    /// What a program of the test finds in its environment.
    package var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LOGNAME": "tester",
            "SPOOL_DIR": path, "SPOOL_AUTOSTART": "no", "LC_ALL": "C",
        ]
    }

    /// Whether chattr(1) can make files immutable where the spools of tests lie.
    package static let makesImmutable: Bool = {
        guard let spool = try? TemporarySpool() else { return false }
        let probe = spool.base + "/probe"
        guard (try? FileTree.write(probe, [])) != nil else { return false }
        defer { _ = ProcessControl.run(["chattr", "-i", probe]) }
        return ProcessControl.run(["chattr", "+i", probe]) == 0
    }()

    /// The program under test lies beside the tests.
    package static let binary: String = {
        let own = (try? ProcessEnvironment.executablePath()) ?? ""
        return own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/spool"
    }()

    /// Starts `spool` with these arguments.
    package func start(
        _ arguments: [String], input: String = "", environment more: [String: String] = [:]
    ) throws -> ProgramRun {
        hasRun.withLock { $0 = true }
        return try ProgramRun(
            [TemporarySpool.binary] + arguments,
            environment: environment.merging(more) { _, new in new }, directory: home,
            input: Array(input.utf8))
    }

    package func start(_ arguments: String...) throws -> ProgramRun { try start(arguments) }

    /// Has something live as long as the spool: a process that a test has started would be killed with the last
    /// reference to it.
    @discardableResult
    package func keep<Kept: AnyObject & Sendable>(_ kept: Kept) -> Kept {
        self.kept.withLock { $0.append(kept) }
        return kept
    }

    /// Runs `spool` to its end.
    package func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> ProgramResult {
        try start(arguments, input: input, environment: environment).wait()
    }

    package func run(_ arguments: String...) throws -> ProgramResult { try run(arguments) }

    /// Runs a line of sh(1) in which `spool` is the program under test.
    package func shell(
        _ line: String, environment more: [String: String] = [:]
    ) throws -> ProgramResult {
        hasRun.withLock { $0 = true }
        let run = try ProgramRun(
            ["/bin/sh", "-c", "spool() { \(TemporarySpool.binary) \"$@\"; }; \(line)"],
            environment: environment.merging(more) { _, new in new }, directory: home)
        return try run.wait()
    }

    /// Starts a worker and waits until it is there. It lives as long as the spool.
    @discardableResult
    package func startWorker(_ options: String...) throws -> ProgramRun {
        let before = Set(try names("workers"))
        let worker = keep(try start(["worker"] + options))
        try wait("a worker registers") {
            try !Set(names("workers")).subtracting(before).isEmpty
        }
        return worker
    }

    /// Lets a worker run all there is.
    @discardableResult
    package func runWorker(_ options: String...) throws -> ProgramResult {
        try run(["worker", "--until-empty"] + options)
    }

    /// Kills every process that was started for this spool, until none is left.
    package func killProcesses() {
        for _ in 0..<200 {
            let left = processes()
            if left.isEmpty { return }
            for pid in left { _ = kill(pid, SIGKILL) }
        }
    }

    /// The living processes that were started for this spool: workers, runners and commands.
    package func processes() -> [pid_t] {
        let all = (try? ProcessTable.all()) ?? []
        return all.filter { process in
            !process.isZombie
                && (try? ProcessTable.environment(of: process.pid, contains: "SPOOL_DIR=\(path)"))
                    == true
        }.map(\.pid)
    }
}

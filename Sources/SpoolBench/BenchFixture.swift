import Glibc
import Spool
import SpoolSystem

/// The programs, the place and the sizes that all measurements share.
final class BenchFixture {
    let options: BenchOptions
    let place: String
    /// The program that is measured, and the one that does the same with system calls alone.
    let spool: String
    let limit: String
    let sizes: BenchSizes
    private var made = 0

    init(_ options: BenchOptions, place: String) throws {
        self.options = options
        self.place = place
        let own = try ProcessEnvironment.executablePath()
        let beside = own.prefix(
            own.lastIndex(of: "/").map { own.distance(from: own.startIndex, to: $0) } ?? 0)
        spool = options.spool ?? beside + "/spool"
        limit = beside + "/spool-bench-limit"
        sizes = BenchSizes(options)
    }

    // MARK: Programs

    /// The path of a program; nil if it isn't found.
    func path(of program: String) -> String? {
        if program.hasPrefix("/") { return FilePath(program).isExecutable ? program : nil }
        return BenchFixture.searched.map { $0 + "/" + program }.first { FilePath($0).isExecutable }
    }

    private static let searched =
        (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin").split(separator: ":")
        .map(String.init) + ["/usr/sbin", "/sbin"]

    /// The Python that install-peers.sh has given the peers.
    static let python: String = {
        let cache = getenv("XDG_CACHE_HOME").map { String(cString: $0) }
        let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
        return (cache ?? home + "/.cache") + "/spool-bench/bin/python3"
    }()

    /// The environment of the programs: little, and the same for all.
    func environment(_ more: [String: String] = [:]) -> [String: String] {
        [
            "PATH": BenchFixture.searched.joined(separator: ":"), "HOME": place, "LANG": "C",
            "SPOOL_AUTOSTART": "no", "LOGNAME": "bench", "TMPDIR": place,
        ].merging(more) { $1 }
    }

    func program(_ words: [String], _ more: [String: String] = [:]) -> Program {
        Program(words, environment(more), in: place)
    }

    /// Drops the pages that the kernel keeps of each program's file. It then reads the file again from its beginning to
    /// its end, as after a boot.
    ///
    /// A file that was just linked or copied lies in memory in larger or smaller folios. The same is true of a file
    /// that was read in pieces because its pages had been reclaimed. The page faults of a start then cost up to a third
    /// of the start more or less. A file that somebody runs or maps at that time stays as it is: the shared libraries
    /// do.
    func readProgramsAnew(_ measurements: [Measurement]) {
        let needed =
            measurements.flatMap(\.subjects).flatMap(\.needs) + [spool, limit, "/bin/true"]
        for path in Set(needed).compactMap(path(of:)) {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            let descriptor = Descriptor(owning: file)
            // Only pages that have been written to the disk can be dropped.
            fsync(file)
            posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
            _ = try? descriptor.readStream(limit: 1 << 28)
        }
    }

    // MARK: Places

    /// The path of a directory that isn't there yet.
    func freshPath(_ name: String) -> String {
        made += 1
        return "\(place)/\(name)-\(made)"
    }

    func freshDirectory(_ name: String) throws -> String {
        let path = freshPath(name)
        guard mkdir(path, 0o700) == 0 else { throw BenchFailure(Errno.last, "mkdir \(path)") }
        return path
    }

    /// Removes it, and lets the disk come to rest, so that the next turn doesn't pay for this one.
    func remove(_ path: String) {
        _ = ProcessControl.run(["rm", "-rf", path])
        settle()
    }

    /// Writes back the pages that are left to be written.
    func settle() {
        try? Directory(path: place).syncFileSystem()
    }

    // MARK: Spools

    func freshSpool() throws -> String {
        let path = freshPath("spool")
        _ = try SpoolDirectory(at: path)
        return path
    }

    /// Submits jobs to a spool, outside of what is measured.
    func submit(_ jobs: [Job], to path: String) throws {
        let spool = try SpoolDirectory(at: path)
        for start in stride(from: 0, to: jobs.count, by: 1000) {
            var submitted: [JobID] = []
            try spool.submit(
                Array(jobs[start..<min(start + 1000, jobs.count)]), submitted: &submitted)
        }
        settle()
    }

    func job(_ words: [String], _ sync: Job.SyncMode) -> Job {
        var job = Job(command: .arguments(words))
        job.sync = sync
        return job
    }

    func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = Clock.monotonic()
        try body()
        return Double(Clock.monotonic() - begin) / 1e9
    }
}

// MARK: - Work

extension BenchFixture {
    /// Gives the body a spool's variables while a worker with two slots runs.
    func withWorker<Value>(
        in path: String, _ body: (_ variables: [String: String]) throws -> Value
    ) throws -> Value {
        let variables = ["SPOOL_DIR": path]
        let worker = try program([spool, "worker", "-j", "2"], variables).start()
        // The figures stand, however the process ends.
        defer { try? worker.stop() }
        return try body(variables)
    }

    /// Gives the body a spool in which jobs of `/bin/true` wait, and looks afterwards whether it has run them.
    func withWaitingTrue<Value>(
        _ sync: Job.SyncMode, _ body: (_ path: String) throws -> Value
    ) throws -> Value {
        let path = try freshSpool()
        defer { remove(path) }
        let one = job(["/bin/true"], sync)
        try submit(Array(repeating: one, count: sizes.drain), to: path)
        let value = try body(path)
        try requireDone(sizes.drain, in: path)
        return value
    }

    /// A figure counts only if the work was done.
    private func requireDone(_ count: Int, in path: String) throws {
        let directory = try Directory(path: path)
        let days = try directory.names(in: "done")
        let done = try days.reduce(0) { try $0 + directory.names(in: "done/" + $1).count }
        guard done == count else { throw BenchFailure("\(done) of \(count) jobs are done") }
    }
}

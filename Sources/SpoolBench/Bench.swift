import Glibc
import Spool
import SpoolSystem

/// The programs, the place and the sizes that all measurements share.
final class Bench {
    let options: BenchOptions
    let place: String
    /// The program that is measured, and the one that does the same with system calls alone.
    let spool: String
    let limit: String
    let sizes: Sizes
    private var made = 0
    /// Directories that are made once and used in each round.
    var kept: [Others: String] = [:]
    /// How many files were made in them: the number of the next one.
    var filled = 0

    /// How much of everything.
    struct Sizes {
        /// Processes that are started in one turn, if that is what is measured.
        let starts: Int
        let bulk: Int
        let drain: Int
        /// For those that are slow, or can't hold more.
        let smallDrain: Int
        let dispatches: Int
        let outputBytes: Int
        let turnovers: Int
        let waiting: [Int]
        /// Jobs that one command is given.
        let many: [Int]
        /// At most so many of them are run: with a million, more than a worker finds in one look.
        let backlogDrain: Int
        let idleSeconds: Int
        let entries: Int
        /// Of each of the ten entries that are due every second.
        let slots: Int
    }

    init(_ options: BenchOptions, place: String) throws {
        self.options = options
        self.place = place
        let own = try ProcessControl.executablePath()
        let beside = own.prefix(
            own.lastIndex(of: "/").map { own.distance(from: own.startIndex, to: $0) } ?? 0)
        spool = options.spool ?? beside + "/spool"
        limit = beside + "/spool-bench-limit"
        sizes =
            options.isQuick
            ? Sizes(
                starts: 5, bulk: 200, drain: 40, smallDrain: 20, dispatches: 5,
                outputBytes: 1 << 24, turnovers: 100, waiting: [0, 1000], many: [100],
                backlogDrain: 40, idleSeconds: 1, entries: 1000, slots: 1)
            : Sizes(
                starts: 40, bulk: 5000, drain: 5000, smallDrain: 400, dispatches: 50,
                outputBytes: 1 << 28, turnovers: 5000,
                waiting: [0, 1000, 100_000] + (options.isHuge ? [1_000_000] : []),
                many: [20_000] + (options.isHuge ? [100_000] : []),
                backlogDrain: options.isHuge ? 70_000 : 10_000, idleSeconds: 10,
                entries: 100_000, slots: 5)
    }

    /// All that can be measured, the most telling first.
    var measurements: [Measurement] {
        [
            startUp, submitOne, submitMany, drain, drainBySlots, dispatch, urgent,
            backlog, backlogDrain, backlogMemory, processorTime, protocolCost, output, shortLines,
            idleMemory, idleWakeUps, waitingMemory, runningMemory, listing, manyAtOnce, nextFiring,
            crontabLoad,
            slotDelay,
        ]
    }

    // MARK: Programs

    /// The path of a program; nil if it isn't found.
    func path(of program: String) -> String? {
        if program.hasPrefix("/") { return ProcessControl.isExecutable(program) ? program : nil }
        return Bench.searched.map { $0 + "/" + program }.first { ProcessControl.isExecutable($0) }
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
            "PATH": Bench.searched.joined(separator: ":"), "HOME": place, "LANG": "C",
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

import Glibc
import SpoolSystem
import SpoolTestSupport

/// Where everything lies: the spool on its small file system, and on another one what judges it.
final class ChaosHost {
    let binary: String
    let directory: String
    let spool: String
    let disk: String
    let home: String
    let script: String
    let proof: String
    /// What was on record of entries that are long gone.
    let marks: String
    /// What jobs print: each the beginning of this.
    let data: [UInt8]
    /// What makes a clock wrong, where the program would load it.
    let clockLibrary: String?
    private let log: CInt
    private let start = Clock.monotonic()

    init(_ options: ChaosOptions) throws {
        directory = options.directory ?? ""
        binary = options.binary
        disk = directory + "/disk"
        spool = disk + "/spool"
        home = directory + "/home"
        script = home + "/job.sh"
        proof = home + "/proof"
        marks = home + "/marks"
        for name in [disk, home, marks] where !FileTree.exists(name) {
            try FileTree.check(mkdir(name, 0o755), "mkdir \(name)")
        }
        var random = SeededGenerator(seed: options.seed ^ 0xda7a)
        data = random.bytes(100_000)
        try FileTree.write(home + "/data", data)
        try FileTree.write(script, Array(JobPlan.script.utf8), mode: 0o755)
        try FileTree.write(proof, [])
        log = open(
            directory + "/chaos.log", O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw FileTree.Failure(description: "open chaos.log") }
        clockLibrary = try WrongClock.make(for: binary, in: home)
        try FileTree.check(mkdir(spool, 0o700), "mkdir \(spool)")
    }

    /// A line of the log, with the seconds since the beginning.
    func note(_ text: String) {
        let milliseconds = (Clock.monotonic() - start) / 1_000_000
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        try? FileTree.write(log, Array("\(milliseconds / 1000).\(fraction) \(text)\n".utf8))
    }

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LOGNAME": "chaos",
            "SPOOL_DIR": spool, "SPOOL_AUTOSTART": "no", "LC_ALL": "C",
        ]
    }

    /// What makes a program's clock wrong by so many seconds; nothing where that can't be done.
    func wrongClock(_ seconds: Int) -> [String: String] {
        guard let clockLibrary else { return [:] }
        return WrongClock.environment(library: clockLibrary, seconds: seconds)
    }

    /// The proof's size: whatever is in it by now lies before this.
    var proofSize: Int {
        var status = stat()
        return lstat(proof, &status) == 0 ? Int(status.st_size) : 0
    }
}

import Glibc
import SpoolSystem
import SpoolTestSupport

/// The command: as root, a `SmallDiskHost` with a small file system and this program once more, unprivileged, on it;
/// otherwise the run itself.
enum ChaosCommand {
    static func run(_ words: [String]) -> Int32 {
        if words.contains("--help") || words.contains("-h") {
            print(ChaosOptions.usage, terminator: "")
            return 0
        }
        let options: ChaosOptions
        do {
            options = try ChaosOptions(words)
        } catch {
            say("spool-chaos: \(error)\n\(ChaosOptions.usage)")
            return 64
        }
        do {
            if options.isInner {
                return try perform(options, disk: options.hasDisk ? DiskLink(options) : nil)
            }
            let directory = try prepareDirectory(options)
            say("spool-chaos: seed \(options.seed), directory \(directory)")
            if ProcessControl.isRoot { return try SmallDiskHost(options, directory).run() }
            say(
                "spool-chaos: not root, so left out: a full disk, no inodes left, a read-only spool"
            )
            var own = options
            own.directory = directory
            let code = try perform(own, disk: nil)
            if code == 0 && options.directory == nil { FileTree.remove(directory) }
            return code
        } catch {
            say("spool-chaos: seed \(options.seed): \(error)")
            return 70
        }
    }

    static func say(_ text: String) {
        try? FileTree.write(2, Array((text + "\n").utf8))
    }

    private static func prepareDirectory(_ options: ChaosOptions) throws -> String {
        guard var directory = options.directory else {
            return try FileTree.makeTemporaryDirectory()
        }
        // The processes of the run have directories of their own.
        if !directory.hasPrefix("/") {
            let here = String(decoding: try ProcessEnvironment.workingDirectory(), as: UTF8.self)
            directory = here + "/" + directory
        }
        try FileTree.check(mkdir(directory, 0o755), "mkdir \(directory)")
        return directory
    }

    private static func perform(_ options: ChaosOptions, disk: DiskLink?) throws -> Int32 {
        let host = try ChaosHost(options)
        let chaos = try Chaos(options, host, disk)
        try chaos.run()
        try Drain(chaos).run()
        return try Audit(chaos).run()
    }
}

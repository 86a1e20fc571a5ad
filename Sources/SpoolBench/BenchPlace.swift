import CSpoolSystem
import Glibc
import SpoolSystem

/// The place of the measurements.
///
/// As root, it is an ext4 with a journal in a loop image, mounted in a namespace. The namespace is gone with the last
/// process of the run, as all processes of the run are gone with the first. Nothing stays mounted or running, whatever
/// ends the run.
enum BenchPlace {
    private static let image = "image"
    private static let ground = "ground"

    /// Makes the place, runs `BenchCommand.measure` there, and clears the place away.
    ///
    /// - Parameters:
    ///   - words: the command line.
    ///   - mark: the words that go before it for the process that measures.
    static func run(
        _ options: BenchOptions, _ words: [String], mark: (String) -> [String]
    ) throws -> CInt {
        var template = Array("\(options.directory ?? temporary)/spool-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchFailure(Errno.last, "mkdtemp in \(options.directory ?? temporary)")
        }
        let place = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { _ = ProcessControl.run(["rm", "-rf", place]) }
        let isOwnDisk = options.directory == nil && ProcessControl.isRoot
        let directory = isOwnDisk ? place + "/" + ground : place
        let own = try ProcessEnvironment.executablePath()
        var command = [own] + mark(directory) + words
        if isOwnDisk {
            command = alone + ["sh", "-ec", mounting, "sh", place] + command
        }
        return try follow(command)
    }

    private static var temporary: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    /// Its death is the death of all that it starts.
    private static let alone = [
        "setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child",
        "--mount-proc",
    ]

    /// The image has no name once it is mounted, and the loop device none once it isn't any more.
    private static let mounting = """
        place=$1
        shift
        truncate -s 24G "$place/\(image)"
        mkfs.ext4 -q -F -N 6000000 -E lazy_itable_init=1,lazy_journal_init=0 "$place/\(image)"
        mkdir "$place/\(ground)"
        device=$(losetup --find --show --direct-io=on "$place/\(image)" 2>/dev/null) ||
            device=$(losetup --find --show "$place/\(image)")
        mount "$device" "$place/\(ground)"
        losetup --detach "$device"
        rm "$place/\(image)"
        exec "$@"
        """

    private static func follow(_ command: [String]) throws -> CInt {
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], nil, nil, &arguments, environ)
        guard code == 0 else {
            throw BenchFailure(
                Errno(code), command[0] + ": --directory measures without an image")
        }
        child = pid
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in _ = kill(child, SIGKILL) }
        }
        return try Process(pid: pid).wait(upTo: 24 * 3600)
    }
}

/// For the signal handler, which can hold nothing else.
nonisolated(unsafe) private var child: pid_t = 0

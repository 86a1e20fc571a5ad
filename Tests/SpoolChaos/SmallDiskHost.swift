import Glibc
import SpoolSystem
import SpoolTestSupport

/// What only root can do: an 8 MB file system for the spool, and its remounting; everything else runs as a
/// user whom permissions bind.
struct SmallDiskHost {
    /// A user id that owns nothing else on the machine.
    private static let user: uid_t = 64_123

    private let options: ChaosOptions
    private let directory: String

    init(_ options: ChaosOptions, _ directory: String) {
        self.options = options
        self.directory = directory
    }

    func run() throws -> Int32 {
        try FileTree.check(chmod(directory, 0o755), "chmod \(directory)")
        for name in ["bin", "disk", "control"] {
            try FileTree.check(mkdir(directory + "/" + name, 0o755), "mkdir \(name)")
        }
        // The user must be able to run both, wherever they were built.
        try copyProgram(options.binary, "spool")
        try copyProgram(try ProcessEnvironment.executablePath(), "spool-chaos")
        for name in ["request", "answer"] {
            try FileTree.check(mkfifo(directory + "/control/" + name, 0o600), "mkfifo \(name)")
            try FileTree.check(
                chown(directory + "/control/" + name, SmallDiskHost.user, SmallDiskHost.user),
                "chown \(name)")
        }
        let hasDisk = mountDisk()
        defer { clearAway(hasDisk) }
        for name in ["", "/disk"] {
            try FileTree.check(
                chown(directory + name, SmallDiskHost.user, SmallDiskHost.user),
                "chown \(directory)\(name)")
        }
        let code = try serve(hasDisk)
        if code != 0 { keepSpool() }
        return code
    }

    private func copyProgram(_ source: String, _ name: String) throws {
        let target = "\(directory)/bin/\(name)"
        try FileTree.write(target, try FileTree.read(source), mode: 0o755)
    }

    /// A container may forbid it; all else can be tried there.
    private func mountDisk() -> Bool {
        do {
            try mount()
            return true
        } catch {
            ChaosCommand.say(
                "spool-chaos: \(error), so left out: a full disk, no inodes left, a read-only spool"
            )
            return false
        }
    }

    private func mount() throws {
        let disk = directory + "/disk"
        switch options.fileSystem {
        case .tmpfs:
            let limits = "size=8m,nr_inodes=3000,mode=0755"
            try call(["mount", "-t", "tmpfs", "-o", limits, "spool-chaos", disk])
        case .ext4:
            let image = directory + "/image"
            try call(["truncate", "-s", "8M", image])
            try call(["mkfs.ext4", "-q", "-m", "0", "-N", "3000", "-O", "^resize_inode", image])
            try call(["mount", "-o", "loop", image, disk])
            try call(["rm", "-rf", disk + "/lost+found"])
        }
    }

    private func clearAway(_ hasDisk: Bool) {
        if hasDisk, ProcessControl.run(["umount", directory + "/disk"]) != 0 {
            ChaosCommand.say("spool-chaos: \(directory)/disk can't be unmounted; 'umount -l' it")
        } else if options.directory == nil, !FileTree.exists(directory + "/spool-kept") {
            FileTree.remove(directory)
        }
    }

    /// The spool outlives the file system that it lies on.
    private func keepSpool() {
        _ = ProcessControl.run(
            ["cp", "-a", directory + "/disk/spool", directory + "/spool-kept"])
        ChaosCommand.say("spool-chaos: everything is kept in \(directory)")
    }

    private func call(_ words: [String]) throws {
        guard ProcessControl.run(words, isQuiet: false) == 0 else {
            throw FileTree.Failure(description: "\(words.joined(separator: " ")) failed")
        }
    }

    /// Runs the inner process and does what it asks for, until it ends.
    private func serve(_ hasDisk: Bool) throws -> Int32 {
        var words = [
            "setpriv", "--reuid=\(SmallDiskHost.user)", "--regid=\(SmallDiskHost.user)",
            "--clear-groups",
            directory + "/bin/spool-chaos", "--inner", "--seed", "\(options.seed)",
            "--seconds", "\(options.seconds)", "--spool-binary", directory + "/bin/spool",
            "--directory", directory, "--file-system", options.fileSystem.rawValue,
        ]
        if let jobs = options.jobs { words += ["--jobs", "\(jobs)"] }
        if !hasDisk { words.append("--no-disk") }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        guard posix_spawnp(&child, words[0], nil, nil, &arguments, environ) == 0 else {
            throw FileTree.Failure(description: "setpriv can't be run")
        }
        // Opened for reading and writing, so that neither waits for the other side, which may have died.
        let request = open(directory + "/control/request", O_RDWR | O_CLOEXEC)
        let answer = open(directory + "/control/answer", O_RDWR | O_CLOEXEC)
        guard request >= 0, answer >= 0 else { throw FileTree.Failure(description: "open a FIFO") }
        defer {
            close(request)
            close(answer)
        }
        let handle = try ProcessIdentity.openHandle(child)
        defer { close(handle) }
        while true {
            var ready = [
                pollfd(fd: request, events: Int16(POLLIN), revents: 0),
                pollfd(fd: handle, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ready, 2, -1) > 0 else { continue }
            if ready[0].revents != 0 {
                var word: UInt8 = 0
                guard read(request, &word, 1) == 1 else { continue }
                try FileTree.write(answer, [remount(word) ? 1 : 0])
            } else if ready[1].revents != 0 {
                var status: CInt = 0
                while waitpid(child, &status, 0) < 0 && errno == EINTR {}
                return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            }
        }
    }

    private func remount(_ word: UInt8) -> Bool {
        let mode = word == DiskLink.readOnly ? "ro" : "rw"
        return ProcessControl.run(["mount", "-o", "remount,\(mode)", directory + "/disk"]) == 0
    }
}

/// How the inner process asks for what only root can do.
final class DiskLink {
    static let readOnly = UInt8(ascii: "r")
    static let writable = UInt8(ascii: "w")

    private let request: CInt
    private let answer: CInt

    init(_ options: ChaosOptions) throws {
        let base = (options.directory ?? "") + "/control/"
        request = open(base + "request", O_WRONLY | O_CLOEXEC)
        answer = open(base + "answer", O_RDONLY | O_CLOEXEC)
        guard request >= 0, answer >= 0 else {
            throw FileTree.Failure(description: "--inner is for spool-chaos itself only")
        }
    }

    /// - Returns: whether it was done: a file that is open for writing forbids to make it read-only.
    func remount(_ mode: UInt8) throws -> Bool {
        try FileTree.write(request, [mode])
        var done: UInt8 = 0
        while true {
            let count = read(answer, &done, 1)
            if count == 1 { return done == 1 }
            guard count < 0, errno == EINTR else {
                throw FileTree.Failure(description: "the process of root is gone")
            }
        }
    }
}

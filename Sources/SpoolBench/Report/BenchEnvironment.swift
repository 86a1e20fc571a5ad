import CSpoolSystem
import Glibc
import SpoolSystem

/// The machine and the options that the figures were taken with: without them the figures say nothing.
struct BenchEnvironment: Encodable {
    let kernel: String
    let processors: Int
    let fileSystem: String
    let hasJournal: Bool
    let program: String
    let isStatic: Bool
    let seed: UInt64
    let isQuick: Bool
    /// Processes that wanted a processor, over the last minute, at the end: the machine's noise and our own.
    let load: String

    init(of bench: BenchFixture) throws {
        kernel = BenchEnvironment.line("/proc/sys/kernel/osrelease")
        processors = ProcessorCount.online
        let ground = try Directory(path: bench.place)
        hasJournal = FileSystem(of: ground).commitsInOrder()
        fileSystem = BenchEnvironment.mount(of: bench.place)
        program = bench.spool
        isStatic = try BenchEnvironment.isStatic(bench.spool)
        seed = bench.options.seed
        isQuick = bench.options.isQuick
        load =
            BenchEnvironment.line("/proc/loadavg").split(separator: " ").first.map(String.init)
            ?? ""
    }

    private static func line(_ path: String) -> String {
        let bytes = ProcessTable.contents(of: path) ?? []
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    /// Type and source of the mount that a directory lies on.
    private static func mount(of place: String) -> String {
        let text = String(
            decoding: ProcessTable.contents(of: "/proc/self/mounts") ?? [], as: UTF8.self)
        let mounts = text.split(separator: "\n").map { $0.split(separator: " ") }
        let found = mounts.filter { fields in
            fields.count > 2
                && (fields[1] == "/" || place == fields[1]
                    || place.hasPrefix(fields[1] + "/"))
        }.max { $0[1].count < $1[1].count }
        guard let found else { return "unknown" }
        return "\(found[2]) on \(found[0])"
    }

    /// A program without the name of a dynamic linker is static.
    private static func isStatic(_ path: String) throws -> Bool {
        let raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw BenchFailure(Errno.last, path) }
        let file = Descriptor(owning: raw)
        let head = try file.readPiece(of: 4096, at: 0)
        return !String(decoding: head, as: UTF8.self).contains("ld-linux")
    }

    var text: String {
        """
        Linux \(kernel), \(processors) processors, \(fileSystem), \
        \(hasJournal ? "with a journal" : "no journal known"), load \(load) at the end
        \(program) (\(isStatic ? "static" : "dynamically linked: starts slower"))\
        \(isQuick ? "; --quick: too little to be quoted" : "")
        """
    }
}

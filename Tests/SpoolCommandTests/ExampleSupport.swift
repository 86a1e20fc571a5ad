import Foundation
import Spool
import SpoolTestSupport
import Testing

/// The package's own files and products, as tests of documents and examples need them.
enum Package {
    /// The directory with Package.swift.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where the products lie: beside the program that runs the tests.
    static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    static var spool: String { products.appendingPathComponent("spool").path }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// All Swift sources below a directory, one after the other.
    static func sources(below directory: String) throws -> String {
        let names = FileManager.default.enumerator(atPath: path(directory))?.allObjects ?? []
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
            .map { try text(directory + "/" + $0) }.joined()
    }

    static func path(_ path: String) -> String { root.appendingPathComponent(path).path }

    /// A program's path, as a shell finds it; nil where it isn't installed.
    static func tool(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// How a program that a test has run has ended.
struct Run {
    let status: Int32
    let output: String
    let error: String

    /// Runs a program to its end.
    init(
        _ words: [String], environment: [String: String], directory: String, input: String = ""
    ) throws {
        let result = try ProgramRun(
            words, environment: environment, directory: directory, input: Array(input.utf8)
        ).wait()
        status = result.status
        output = result.text
        error = result.errorText
    }
}

/// A fresh spool in a directory of its own, with or without a worker, for one test.
///
/// When it goes, so do the worker, which has nothing to run by then, and all files.
final class ExampleSpool {
    let directory: String
    let environment: [String: String]
    private var daemon: Process?

    var path: String { directory + "/spool" }

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("spool-example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        directory = url.path
        let tools = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        environment = [
            "PATH": Package.products.path + ":" + tools, "HOME": directory,
            "SPOOL_DIR": directory + "/spool", "SPOOL_AUTOSTART": "no", "LC_ALL": "C",
            "LOGNAME": "tester",
        ]
        let made = try spool("init")
        try #require(made.status == 0, "\(made.error)")
    }

    deinit {
        if let daemon {
            daemon.terminate()
            daemon.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Starts a worker, and returns once it would notice every new job.
    func startWorker(_ options: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Package.spool)
        // Should the tests be killed, it goes by itself.
        process.arguments = ["daemon", "--report-ready", "--idle-exit", "60s"] + options
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try SpawnGate.alone { try process.run() }
        daemon = process
        let word = try pipe.fileHandleForReading.readToEnd() ?? Data()
        try #require(String(decoding: word, as: UTF8.self) == "ready\n")
    }

    func spool(_ words: String..., input: String = "") throws -> Run {
        try run([Package.spool] + words, input: input)
    }

    func run(
        _ words: [String], input: String = "", extra: [String: String] = [:]
    ) throws -> Run {
        try Run(
            words, environment: environment.merging(extra) { $1 }, directory: directory,
            input: input)
    }

    func example(_ name: String, _ arguments: String...) throws -> Run {
        try run(["/bin/sh", Package.path("examples/" + name)] + arguments)
    }

    /// Waits for a job, and answers with what `spool status --json` says of it.
    func ended(_ id: String) throws -> [String: Any] {
        _ = try spool("wait", id)
        return try status(id)
    }

    func status(_ id: String) throws -> [String: Any] {
        let shown = try spool("status", "--json", id)
        try #require(shown.status == 0, "\(shown.error)")
        let object = try JSONSerialization.jsonObject(with: Data(shown.output.utf8))
        return try #require(object as? [String: Any])
    }

    /// The jobs that `spool list --json` shows.
    func list(_ options: String...) throws -> [[String: Any]] {
        let shown = try run([Package.spool, "list", "--json"] + options)
        try #require(shown.status == 0, "\(shown.error)")
        return try shown.output.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
    }
}

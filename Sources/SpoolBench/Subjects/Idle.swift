import Glibc
import SpoolSystem

/// The resources that a process uses while nothing happens.
enum Idle {
    /// A line of /proc/PID/status in kibibytes, such as `VmRSS`.
    static func kibibytes(_ name: String, of pid: pid_t) throws -> Int {
        try number(name, of: pid)
    }

    /// How often it has gone to sleep, or been made to.
    static func wakeUps(of pid: pid_t) throws -> Int {
        try number("voluntary_ctxt_switches", of: pid)
            + number("nonvoluntary_ctxt_switches", of: pid)
    }

    private static func number(_ name: String, of pid: pid_t) throws -> Int {
        let bytes = ProcessTable.contents(of: "/proc/\(pid)/status") ?? []
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name + ":") }
        guard let digits = line?.filter(\.isNumber), let number = Int(digits) else {
            throw BenchFailure("no \(name) of process \(pid)")
        }
        return number
    }
}

/// Daemons that have nothing to do.
struct IdleDaemons {
    let bench: BenchFixture

    var memory: Measurement {
        Measurement(
            "memory", "Idle daemon, resident memory", unit: "MiB", isMoreBetter: false,
            daemons { pid in Double(try Idle.kibibytes("VmRSS", of: pid)) / 1024 })
    }

    /// After a second in which it has come to rest.
    var wakeUps: Measurement {
        Measurement(
            "wake-ups", "Idle daemon, wake-ups", unit: "a minute", isMoreBetter: false,
            daemons { [self] pid in
                sleep(1)
                let before = try Idle.wakeUps(of: pid)
                sleep(UInt32(bench.sizes.idleSeconds))
                let count = try Idle.wakeUps(of: pid) - before
                return Double(count) * 60 / Double(bench.sizes.idleSeconds)
            })
    }

    private func daemons(_ look: @escaping (pid_t) throws -> Double) -> [BenchSubject] {
        [
            BenchSubject("spool worker", .spool) { [self] in
                let path = try bench.freshSpool()
                defer { bench.remove(path) }
                let words = [bench.spool, "worker", "-j", "2"]
                let worker = try bench.program(words, ["SPOOL_DIR": path]).start()
                // The figures stand, however the process ends.
                defer { try? worker.stop() }
                try waitForWorker(in: path)
                return [try look(worker.pid)]
            },
            BenchSubject("beanstalkd", .peer, durability: "log synced", needs: ["beanstalkd"]) {
                [self] in
                try withServer("beanstalkd", ["-l", "127.0.0.1", "-p", "\(19_999)"], look)
            },
            BenchSubject("redis-server", .peer, durability: "AOF always", needs: ["redis-server"]) {
                [self] in
                try withServer(
                    "redis-server",
                    [
                        "--port", "0", "--unixsocket", "socket", "--appendonly", "yes",
                        "--appendfsync", "always",
                    ], look)
            },
            BenchSubject("atd", .peer, needs: ["atd"]) { [self] in
                try withServer("atd", ["-f"], look)
            },
        ]
    }

    private func withServer(
        _ name: String, _ options: [String], _ look: (pid_t) throws -> Double
    ) throws -> [Double] {
        let directory = try bench.freshDirectory(name)
        defer { bench.remove(directory) }
        let words = [bench.path(of: name) ?? name] + options
        let server = try Program(words, bench.environment(), in: directory).start()
        defer { try? server.stop() }
        // None of them says when it is ready.
        sleep(1)
        return [try look(server.pid)]
    }

    private func waitForWorker(in path: String) throws {
        let directory = try Directory(path: path)
        let end = Clock.monotonic() + 30_000_000_000
        while try directory.names(in: "workers").isEmpty {
            guard Clock.monotonic() < end else { throw BenchFailure("no worker came") }
            Sleep.briefly()
        }
        // It registers before it has looked at everything.
        sleep(1)
    }
}

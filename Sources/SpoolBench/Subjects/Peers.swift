import Glibc
import SpoolSystem

/// Servers of other queues.
extension BenchFixture {
    /// A task-spooler of one's own, for as long as the body runs.
    func withTaskSpooler<Value>(_ body: ([String: String]) throws -> Value) throws -> Value {
        let directory = try freshDirectory("tsp")
        let variables = [
            "TS_SOCKET": directory + "/socket", "TMPDIR": directory, "TS_MAXCONN": "900",
        ]
        // The first call starts the server.
        try program(["tsp", "-S", "1"], variables).run()
        defer {
            _ = try? program(["tsp", "-K"], variables).run(acceptsFailure: true)
            remove(directory)
        }
        return try body(variables)
    }

    /// A server that syncs its log at each change, on a socket.
    func withRedis<Value>(_ body: (String) throws -> Value) throws -> Value {
        let directory = try freshDirectory("redis")
        let socket = directory + "/socket"
        let server = try program([
            path(of: "redis-server") ?? "redis-server", "--port", "0", "--unixsocket", socket,
            "--dir", directory, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
        ]).start()
        defer {
            // The figures stand, however the process ends.
            try? server.stop()
            remove(directory)
        }
        try waitFor(socket)
        return try body(socket)
    }

    /// The log in a directory, synced at each change.
    func withBeanstalkd<Value>(_ body: (_ port: String) throws -> Value) throws -> Value {
        let directory = try freshDirectory("beanstalkd")
        let port = "\(20_000 + Int(getpid()) % 20_000)"
        let server = try program([
            path(of: "beanstalkd") ?? "beanstalkd", "-l", "127.0.0.1", "-p", port, "-b", directory,
            "-f0",
        ]).start()
        defer {
            // The figures stand, however the process ends.
            try? server.stop()
            remove(directory)
        }
        return try body(port)
    }

    /// Waits until a server has made its socket.
    private func waitFor(_ path: String) throws {
        let end = Clock.monotonic() + 10_000_000_000
        while !FilePath(path).exists {
            guard Clock.monotonic() < end else { throw BenchFailure("\(path): no server came") }
            Sleep.briefly()
        }
    }
}

import SpoolSystem

/// Queues that are Python libraries, driven by one script. Their time is taken by the script, without the start
/// of the interpreter.
enum PythonQueue: String, CaseIterable {
    case hueySQLite = "huey-sqlite"
    case persistQueue = "persist-queue"
    case beanstalkd
    case redis
    case rq

    var title: String {
        switch self {
        case .hueySQLite: "huey on SQLite"
        case .persistQueue: "persist-queue on SQLite"
        case .beanstalkd: "beanstalkd"
        case .redis: "redis list"
        case .rq: "rq"
        }
    }

    var durability: String {
        switch self {
        case .hueySQLite: "WAL, synchronous FULL"
        case .persistQueue: "SQLite's default"
        case .beanstalkd: "log synced"
        case .redis, .rq: "AOF always"
        }
    }

    var needs: [String] {
        switch self {
        case .beanstalkd: ["beanstalkd"]
        case .redis, .rq: ["redis-server"]
        case .hueySQLite, .persistQueue: []
        }
    }

    /// Its file must not have the name of one of Python's own modules.
    ///
    /// `fill KIND PLACE COUNT` adds one job after the other; `drain KIND PLACE COUNT` has two processes that take
    /// jobs and spawn /bin/true for each. Both print jobs a second.
    static let script = #"""
        import os, socket, sys, time

        def huey_queue(place):
            from huey import SqliteHuey
            huey = SqliteHuey(filename=place + "/huey.db", fsync=True)
            @huey.task()
            def job():
                run()
            def take():
                task = huey.dequeue()
                if task is None:
                    return False
                huey.execute(task)
                return True
            return job, take

        def persist_queue(place):
            import persistqueue
            queue = persistqueue.SQLiteAckQueue(place + "/queue", multithreading=True, auto_commit=True)
            def take():
                try:
                    item = queue.get(block=False)
                except persistqueue.Empty:
                    return False
                run()
                queue.ack(item)
                return True
            return lambda: queue.put("true"), take

        def beanstalkd_queue(port):
            import greenstalk
            for _ in range(1000):
                try:
                    client = greenstalk.Client(("127.0.0.1", int(port)))
                    break
                except ConnectionRefusedError:
                    time.sleep(0.01)
            def take():
                try:
                    job = client.reserve(timeout=0)
                except greenstalk.TimedOutError:
                    return False
                run()
                client.delete(job)
                return True
            return lambda: client.put("true"), take

        def redis_queue(path):
            import redis
            client = redis.Redis(unix_socket_path=path)
            def take():
                if client.lmove("queue", "running", "RIGHT", "LEFT") is None:
                    return False
                run()
                client.lpop("running")
                return True
            return lambda: client.lpush("queue", "true"), take

        def rq_queue(path):
            import redis, rq
            connection = redis.Redis(unix_socket_path=path)
            queue = rq.Queue("queue", connection=connection)
            def take():
                rq.SimpleWorker([queue], connection=connection).work(burst=True, logging_level="ERROR")
                return False
            return lambda: queue.enqueue("subprocess.call", ["/bin/true"]), take

        QUEUES = {"huey-sqlite": huey_queue, "persist-queue": persist_queue,
                  "beanstalkd": beanstalkd_queue, "redis": redis_queue, "rq": rq_queue}

        def run():
            pid = os.posix_spawn("/bin/true", ["true"], os.environ)
            os.waitpid(pid, 0)

        verb, kind, place, count = sys.argv[1:]
        if verb == "fill":
            put, _ = QUEUES[kind](place)
            begin = time.monotonic()
            for _ in range(int(count)):
                put()
        else:
            # Both connect first, and begin together.
            ready, go = os.pipe(), os.pipe()
            for _ in range(2):
                if os.fork() == 0:
                    _, take = QUEUES[kind](place)
                    os.write(ready[1], b".")
                    os.read(go[0], 1)
                    while take():
                        pass
                    os._exit(0)
            for _ in range(2):
                os.read(ready[0], 1)
            begin = time.monotonic()
            os.write(go[1], b"..")
            for _ in range(2):
                os.wait()
        print(int(count) / (time.monotonic() - begin))
        """#
}

extension BenchFixture {
    typealias PythonStep = (_ verb: String, _ count: Int) throws -> Double

    /// Gives the body a queue of its own, empty.
    func withPythonQueue<Value>(
        _ queue: PythonQueue, _ body: (PythonStep) throws -> Value
    ) throws -> Value {
        let directory = try freshDirectory("python")
        defer { remove(directory) }
        let script = directory + "/drive.py"
        try ProgramFile.write(PythonQueue.script, to: script)
        func steps(_ address: String) -> PythonStep {
            { [self] verb, count in
                settle()
                let words = [
                    BenchFixture.python, script, verb, queue.rawValue, address, "\(count)",
                ]
                let text = try program(words).output()
                guard let rate = Double(text.filter { !$0.isWhitespace }) else {
                    throw BenchFailure("\(queue.rawValue) \(verb): no figure came")
                }
                return rate
            }
        }
        switch queue {
        case .beanstalkd: return try withBeanstalkd { try body(steps($0)) }
        case .redis, .rq: return try withRedis { try body(steps($0)) }
        case .hueySQLite, .persistQueue: return try body(steps(directory))
        }
    }
}

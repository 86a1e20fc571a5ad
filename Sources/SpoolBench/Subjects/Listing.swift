import Spool
import SpoolSystem

/// Commands that only look.
struct Listings {
    let bench: BenchFixture
    let spools: FilledSpools

    /// Commands that look, in a spool with as many waiting jobs as there are in this run.
    var measurement: Measurement {
        let waiting = bench.sizes.waiting.last ?? 0
        return Measurement(
            "look", "Looking, with \(waiting) waiting", unit: "ms", isMoreBetter: false,
            [
                looking("spool list, the first 100", ["list"], waiting),
                looking("spool list --all --json", ["list", "--all", "--json"], waiting),
                BenchSubject("spool status ID", .spool, needs: [bench.limit]) { [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let words = [bench.spool, "status", try lastWaiting(in: path).id]
                    return [try bench.program(words, ["SPOOL_DIR": path]).run() * 1e3]
                },
                BenchSubject("spool wait ID, of one that is done", .spool, needs: [bench.limit]) {
                    [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let words = [bench.spool, "wait", try runFirst(in: path)]
                    return [try bench.program(words, ["SPOOL_DIR": path]).run() * 1e3]
                },
                BenchSubject("names alone, ls -f", .limit) { [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    return [try bench.program(["ls", "-f", path + "/incoming"]).run() * 1e3]
                },
                BenchSubject("names and content, cat", .limit) { [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let line = "find \(path)/incoming -name '*.json' -exec cat {} +"
                    return [try bench.program(["/bin/sh", "-c", line]).run() * 1e3]
                },
                BenchSubject("one file, cat", .limit) { [self] in
                    let path = try spools.spool(with: .waiting(waiting))
                    let words = ["cat", try lastWaiting(in: path).path]
                    return [try bench.program(words).run() * 1e3]
                },
            ])
    }

    private func looking(_ name: String, _ words: [String], _ waiting: Int) -> BenchSubject {
        BenchSubject(name, .spool, needs: [bench.limit]) { [self] in
            let path = try spools.spool(with: .waiting(waiting))
            return [try bench.program([bench.spool] + words, ["SPOOL_DIR": path]).run() * 1e3]
        }
    }

    /// The one that is run last.
    private func lastWaiting(in path: String) throws -> (id: String, path: String) {
        guard let name = try Directory(path: path).names(in: "incoming").max() else {
            throw BenchFailure("none waits")
        }
        // 5-ID.json
        return (String(name.dropFirst(2).dropLast(5)), path + "/incoming/" + name)
    }

    /// Has a job run before all others: its id.
    private func runFirst(in path: String) throws -> String {
        let variables = ["SPOOL_DIR": path]
        let submit = bench.program(
            [bench.spool, "run", "--no-start", "--priority", "critical", "--", "/bin/true"],
            variables)
        let id = String(try submit.output().filter { !$0.isWhitespace })
        let worker = try bench.program([bench.spool, "worker", "-j", "1"], variables).start()
        // The figures stand, however the process ends.
        defer { try? worker.stop() }
        try bench.program([bench.spool, "wait", id], variables).run()
        return id
    }
}

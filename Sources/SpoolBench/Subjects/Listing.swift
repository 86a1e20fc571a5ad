import Spool
import SpoolSystem

extension Bench {
    /// Commands that look, in a spool with as many waiting jobs as there are in this run.
    var listing: Measurement {
        let waiting = sizes.waiting.last ?? 0
        let file = "incoming/5-01M7ZENFQYQXEVMM0000000007.json"
        return Measurement(
            "look", "Looking, with \(waiting) waiting", unit: "ms", isMoreBetter: false,
            [
                looking("spool list, the first 100", ["list"], waiting),
                looking("spool list --all --json", ["list", "--all", "--json"], waiting),
                looking("spool status ID", ["status", "01M7ZENFQYQXEVMM0000000007"], waiting),
                Subject("names alone, ls -f", .limit) { [self] in
                    let path = try spool(with: .waiting(waiting))
                    return [try program(["ls", "-f", path + "/incoming"]).run() * 1e3]
                },
                Subject("names and content, cat", .limit) { [self] in
                    let path = try spool(with: .waiting(waiting))
                    let line = "find \(path)/incoming -name '*.json' -exec cat {} +"
                    return [try program(["/bin/sh", "-c", line]).run() * 1e3]
                },
                Subject("one file, cat", .limit) { [self] in
                    let path = try spool(with: .waiting(waiting))
                    return [try program(["cat", path + "/" + file]).run() * 1e3]
                },
            ])
    }

    private func looking(_ name: String, _ words: [String], _ waiting: Int) -> Subject {
        Subject(name, .spool, needs: [limit]) { [self] in
            let path = try spool(with: .waiting(waiting))
            return [try program([spool] + words, ["SPOOL_DIR": path]).run() * 1e3]
        }
    }
}

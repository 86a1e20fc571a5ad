import Glibc
import Spool
import SpoolSystem
import SpoolTime

/// Commands that are given many jobs.
struct ManyAtOnce {
    let bench: BenchFixture

    /// Commands that are given the ids of many jobs at once, by standard input: each must find them all without
    /// listing a directory for each.
    var measurement: Measurement {
        Measurement(
            "many", "One command for many jobs, a job", unit: "µs", isMoreBetter: false,
            bench.sizes.many.flatMap { count in
                [
                    verb("cancel -", ["cancel", "-"], count, of: .scheduled),
                    verb("hold -", ["hold", "-"], count, of: .scheduled),
                    verb(
                        "move --priority high -", ["move", "-p", "high", "-"], count, of: .scheduled
                    ),
                    verb("release -", ["release", "--no-start", "-"], count, of: .held),
                    verb("retry -", ["retry", "--no-start", "-"], count, of: .failed),
                    verb("status -", ["status", "-"], count, of: .incoming),
                    verb("wait -", ["wait", "-"], count, of: .failed),
                    verb("clean -", ["clean", "-"], count, of: .failed),
                    verb(
                        "clean --failed", ["clean", "--failed", "--older", "0s"], count, of: .failed
                    ),
                    BenchSubject("names alone, mv, of \(count)", .limit) { [self] in
                        let path = try spool(with: count, in: .scheduled)
                        defer { bench.remove(path) }
                        let line =
                            "find \(path)/scheduled -name '*.json' -exec mv -t \(path)/held {} +"
                        return [
                            try bench.program(["/bin/sh", "-c", line]).run() * 1e6 / Double(count)
                        ]
                    },
                ]
            })
    }

    /// - Parameter words: the command, which changes or removes all jobs of the spool.
    private func verb(
        _ name: String, _ words: [String], _ count: Int, of place: Place
    ) -> BenchSubject {
        BenchSubject("spool \(name), of \(count) in \(place.rawValue)", .spool) { [self] in
            let path = try spool(with: count, in: place)
            defer { bench.remove(path) }
            let ids = path + ".ids"
            let names = try Listing(SpoolDirectory(at: path).storage).locations(in: [place]).map(
                \.id.description)
            try BenchCommand.write(names.joined(separator: "\n"), to: ids)
            // A command that waits for jobs that have failed ends with their status.
            let line =
                #"spool=$1; ids=$2; shift 2; "$spool" "$@" <"$ids" >out 2>&1 || [ "$1" = wait ]"#
            let shell = ["/bin/sh", "-c", line, "sh", bench.spool, ids]
            return [
                try bench.program(shell + words, ["SPOOL_DIR": path]).run() * 1e6 / Double(count)
            ]
        }
    }

    /// A spool with so many jobs in one place, beside as many that are scheduled.
    private func spool(with count: Int, in place: Place) throws -> String {
        let path = try bench.freshSpool()
        let spool = try SpoolDirectory(at: path)
        let now = spool.storage.now()
        for target in Set([place, .scheduled]) {
            let directory = try Directory(path: path + "/" + target.directory)
            for number in 0..<count {
                let id = spool.storage.ids.make(at: now)
                var job = bench.job(["/bin/true"], .off)
                job.id = id
                job.submittedAt = now
                let location: JobLocation
                switch target {
                case .scheduled:
                    location = .scheduled(id, due: now + .seconds(86_400 + Int64(number)), .normal)
                case .held: location = .held(id, .normal)
                case .failed:
                    job.state = .failed
                    job.finishedAt = now
                    location = .failed(id)
                default: location = .incoming(id, queue: Job.defaultQueue, .normal)
                }
                let file = try directory.open(
                    location.name.text, [.readWrite, .create, .exclusive])
                try BareDescriptor(file.number).write(try job.json())
            }
        }
        bench.settle()
        return path
    }
}

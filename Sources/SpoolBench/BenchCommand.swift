import CSpoolSystem
import Glibc
import SpoolSystem

/// The program from its command line to its exit code.
enum BenchCommand {
    /// The mark of the process that has a namespace of its own.
    private static let inner = "--inner"

    static func run(_ words: [String]) -> CInt {
        if words.contains("-h") || words.contains("--help") {
            print(BenchOptions.usage, terminator: "")
            return 0
        }
        do {
            var words = words
            let isInner = words.first == inner
            if isInner { words.removeFirst() }
            let place = isInner ? words.removeFirst() : nil
            let options = try BenchOptions(words)
            if options.lists {
                for measurement in Measurements.all(of: try BenchFixture(options, place: "/")) {
                    print("\(measurement.name): \(measurement.title)")
                }
                return 0
            }
            guard let place else { return try BenchPlace.run(options, words) { [inner, $0] } }
            return try measure(options, in: place)
        } catch {
            say("\(error)")
            return error is BenchFailure ? 64 : 1
        }
    }

    /// Measures in a directory, and reports.
    static func measure(_ options: BenchOptions, in place: String) throws -> CInt {
        let bench = try BenchFixture(options, place: place)
        let chosen = Measurements.all(of: bench).filter { measurement in
            options.only.isEmpty || options.only.contains(measurement.name)
        }
        guard !chosen.isEmpty else {
            throw BenchFailure("--only: there is no such measurement; --list names them")
        }
        let results = Rounds(
            measurements: chosen, count: options.rounds ?? (options.isQuick ? 2 : 5),
            seed: options.seed, isInstalled: { bench.path(of: $0) != nil },
            prepare: { bench.readProgramsAnew(chosen) }, say: say
        ).run()
        let report = BenchReport(results: results, setting: try BenchEnvironment(of: bench))
        print(report.table, terminator: "")
        if let path = options.json { try write(try report.json(), to: path) }
        if let path = options.svg { try write(Chart(results).svg, to: path) }
        // A subject that didn't succeed even once is a fault of the bench or of the machine.
        let broken = results.flatMap(\.subjects).filter { $0.missing == nil && $0.samples.isEmpty }
        return broken.isEmpty ? 0 : 1
    }

    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw BenchFailure(Errno.last, path) }
        let descriptor = Descriptor(owning: file)
        do {
            try descriptor.write(text)
        } catch {
            throw BenchFailure(error, path)
        }
    }

    static func say(_ text: String) {
        // If even this can't be written, nobody is there to hear why.
        try? BareDescriptor(2).write(Array("spool-bench: \(text)\n".utf8))
    }
}

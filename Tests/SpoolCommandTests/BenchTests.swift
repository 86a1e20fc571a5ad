import Foundation
import FoundationXML
import Testing

/// The benchmark runs, and says what it has measured. What it has measured is nobody's business here.
@Suite struct BenchTests {
    private struct Report: Decodable {
        struct Measurement: Decodable {
            let name: String
            let subjects: [Subject]
        }
        struct Subject: Decodable {
            let name: String
            let role: String
            let missing: String?
            let failures: [String]
            let samples: [Double]
        }
        let measurements: [Measurement]
    }

    @Test func quickRun() throws {
        let spool = try ExampleSpool()
        let json = spool.directory + "/bench.json"
        let svg = spool.directory + "/bench.svg"
        let run = try spool.run([
            Package.products.appendingPathComponent("spool-bench").path, "--quick", "--rounds", "1",
            "--directory", spool.directory, "--only", "start", "--only", "protocol", "--only",
            "log", "--only", "waiting", "--only", "load", "--only", "slot", "--json", json, "--svg",
            svg,
        ])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("/bin/true"))
        let decoder = JSONDecoder()
        let report = try decoder.decode(
            Report.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        #expect(
            report.measurements.map(\.name) == [
                "start", "protocol", "log", "waiting", "load", "slot",
            ])
        for measurement in report.measurements {
            let own = measurement.subjects.filter { $0.role == "spool" }
            #expect(!own.isEmpty)
            for subject in own {
                #expect(subject.missing == nil && subject.failures == [])
                #expect(!subject.samples.isEmpty && subject.samples.allSatisfy { $0 > 0 })
            }
        }
        let chart = try XMLDocument(contentsOf: URL(fileURLWithPath: svg))
        #expect(chart.rootElement()?.name == "svg")
        // Nothing stays behind.
        let left = try FileManager.default.contentsOfDirectory(atPath: spool.directory)
        #expect(left.filter { $0.hasPrefix("spool-bench") } == [])
    }

    @Test(arguments: [["--only", "nothing"], ["--rounds", "0"], ["--seed", "x"], ["--quack"]])
    func wrongOptions(_ words: [String]) throws {
        let spool = try ExampleSpool()
        let run = try spool.run(
            [
                Package.products.appendingPathComponent("spool-bench").path, "--directory",
                spool.directory,
            ]
                + words)
        #expect(run.status == 64)
        #expect(run.error.contains(words[0]))
    }
}

import Foundation
import SpoolSchedule
import Testing

/// Every zone of the machine against Python's zoneinfo, which reads the same files its own way.
@Suite struct ZoneComparisonTests {
    /// Prints `zone instant offset`: for every zone at random instants from 1850 to 2200, and at the
    /// last second before and the first after each change of some zones.
    private static let script = """
        import random, sys
        from datetime import datetime, timedelta, timezone
        from zoneinfo import ZoneInfo, available_timezones
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        def offset(zone, t):
            local = (epoch + timedelta(seconds=t)).astimezone(zone)
            return round(local.utcoffset().total_seconds())
        random.seed(1)
        first, last = -3786825600, 7258118400
        for number, name in enumerate(sorted(available_timezones())):
            if name == "localtime": continue
            zone = ZoneInfo(name)
            times = [random.randrange(first, last) for _ in range(40)]
            if number % 8 == 0:
                step = 20 * 86400
                for t in range(first, last, step):
                    if offset(zone, t) == offset(zone, t + step): continue
                    low, high = t, t + step
                    while high - low > 1:
                        middle = (low + high) // 2
                        if offset(zone, middle) == offset(zone, low): low = middle
                        else: high = middle
                    times += [low, high]
            for t in times: print(name, t, offset(zone, t))
        """

    @Test(.enabled(if: Self.python != nil, "zones are not compared: there is no python3 in PATH"))
    func theSameOffsetsAsPython() throws {
        let output = try run(Self.script)
        let database = ZoneDatabase.fromEnvironment()
        var zone = Zone.utc
        var compared = 0
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ")
            let seconds = try #require(Int64(parts[1]))
            if zone.name != parts[0] { zone = try database.zone(named: String(parts[0])) }
            let offset = zone.offset(at: Instant(seconds: seconds))
            #expect(offset == Int(parts[2]), "\(line)")
            compared += 1
        }
        #expect(compared > 10_000)
    }

    private static let python: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/python3" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()

    private func run(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-c", script]
        var environment = ProcessInfo.processInfo.environment
        environment["PYTHONTZPATH"] =
            ZoneDatabase.fromEnvironment().directories.joined(separator: ":")
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "the script failed; Python 3.9 or later is needed")
        return String(decoding: data, as: UTF8.self)
    }
}

import Foundation
import SpoolSchedule
import SpoolTestSupport
import Testing

@Suite struct ZoneDatabaseTests {
    @Test func utcNeedsNoFile() throws {
        let database = ZoneDatabase(directories: ["/nowhere"])
        #expect(try database.zone(named: "UTC").offset(at: Instant(seconds: 0)) == 0)
        #expect(try database.zone(named: ":Etc/UTC").name == "Etc/UTC")
    }

    @Test(arguments: [
        "../etc/passwd", "Europe/../../etc/passwd", "/etc/passwd", "", ":", "Europe//Paris", ".",
        "Europe/Paris\u{0}", "Europe/Par is", "Europe/Pârís",
        "/usr/share/zoneinfo/../../etc/passwd", "Europe/",
    ])
    func namesThatLeadElsewhere(_ name: String) {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase().zone(named: name) }
        #expect(error?.code == .badName, "\(error?.message ?? "")")
    }

    @Test func aPathInTheDirectory() throws {
        let plain = try ZoneDatabase().zone(named: "Europe/Paris")
        let path = try #require(plain.path)
        #expect(try ZoneDatabase().zone(named: ":\(path)") == plain)
    }

    @Test func anUnknownZoneNamesThePath() throws {
        let error = #expect(throws: ZoneError.self) {
            try ZoneDatabase(directories: ["/usr/share/zoneinfo"]).zone(named: "Europe/Pariss")
        }
        #expect(error?.code == .unknown)
        #expect(error?.path == "/usr/share/zoneinfo/Europe/Pariss")
        #expect(error?.message.contains("unknown zone \"Europe/Pariss\"") == true)
    }

    @Test(arguments: [
        ("Europe/Pariss", "Europe/Paris"), ("europe/paris", "Europe/Paris"),
        ("America/New York", "America/New_York"), ("Kathmandu", "Asia/Kathmandu"),
        ("utc", "UTC"), ("Nowhere/At_All", "such as Europe/Paris"),
        ("PST", "write America/Los_Angeles"), ("pdt", "write America/Los_Angeles"),
        ("EDT", "write America/New_York"), ("est", "write America/New_York"),
        ("CEST", "write Europe/Berlin or Europe/Paris"), ("JST", "write Asia/Tokyo"),
        ("IST", "write Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"), ("Z", "write UTC"),
        (
            "CET-1CEST",
            "a rule of POSIX's, not a zone with its history: write Europe/Berlin or Europe/Paris"
        ),
        ("UTC+0", "write UTC"), ("+05:30", "write Asia/Kolkata"), ("+0530", "write Asia/Kolkata"),
        ("UTC+7:15", "write a place's zone, such as Europe/Paris"),
        ("GMT+99", "write a place's zone, such as Europe/Paris"),
        ("", "such as Europe/Paris"), (" ", "such as Europe/Paris"),
        ("Bern", "write Europe/Zurich"), ("Iraq", "write Asia/Baghdad"),
        ("Europe/New_York", "write America/New_York"), ("America/Bogata", "write America/Bogota"),
        ("GTM", "such as Europe/Paris"), ("paris", "write Europe/Paris"),
    ])
    func aMisspeltZoneIsNamed(_ name: String, _ suggestion: String) {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase().zone(named: name) }
        #expect(error?.message.hasSuffix(suggestion) == true, "\(error?.message ?? "")")
    }

    /// The sign of these zones is the other way round.
    @Test(arguments: [
        ("UTC+2", "2 hours ahead of", "Etc/GMT-2"), ("GMT+2", "2 hours ahead of", "Etc/GMT-2"),
        ("utc-5", "5 hours behind", "Etc/GMT+5"), ("+01:00", "1 hour ahead of", "Etc/GMT-1"),
        ("GMT-0800", "8 hours behind", "Etc/GMT+8"), ("UTC+14", "14 hours ahead of", "Etc/GMT-14"),
    ])
    func anOffsetIsNoZone(_ name: String, _ side: String, _ zone: String) throws {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase().zone(named: name) }
        let message = error?.message ?? ""
        #expect(message.contains("for \(side) UTC the whole year write \(zone),"), "\(message)")
        let hours = (name.contains("-") ? -1 : 1) * (Int(side.prefix { $0.isNumber }) ?? 0)
        let found = try ZoneDatabase().zone(named: zone)
        let noon = ZonedTime(try #require(Instant(rfc3339: "2026-07-01T12:00:00Z")), in: found)
        #expect(
            noon.description.hasSuffix(
                hours < 0 ? "-0\(-hours):00" : (hours < 10 ? "+0" : "+") + "\(hours):00"))
    }

    @Test func aDirectoryIsNoZone() {
        let error = #expect(throws: ZoneError.self) { try ZoneDatabase().zone(named: "Europe") }
        #expect(error?.code == .unreadable)
    }

    @Test func brokenFilesAreErrorsNotUTC() throws {
        try withDirectory { directory in
            let whole = try Data(
                contentsOf: URL(
                    fileURLWithPath: try #require(try zone("America/New_York").path)))
            let database = ZoneDatabase(directories: [directory.path])
            let file = directory.appendingPathComponent("Broken")
            for length in stride(from: 0, to: whole.count, by: 7) {
                try whole.prefix(length).write(to: file)
                let error = #expect(throws: ZoneError.self) { try database.zone(named: "Broken") }
                #expect(error?.code == .malformed, "cut to \(length) bytes")
                #expect(error?.path == file.path)
            }
            var generator = SeededGenerator(seed: 9)
            for _ in 0..<3000 {
                // Whatever a changed byte makes of it, it is a zone or an error, never a crash.
                var bytes = Array(whole)
                for _ in 0..<4 {
                    let limit = Bool.random(using: &generator) ? 100 : bytes.count
                    let place = Int.random(in: 0..<limit, using: &generator)
                    bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                }
                guard let zone = try? Zone(name: "Broken", bytes: bytes) else { continue }
                let schedule = Schedule(try CronExpression("30 2 * * *"), in: zone)
                _ = schedule.next(after: try instant("2026-03-07T12:00:00Z"))
            }
        }
    }

    @Test func aReplacedFileIsSeen() throws {
        try withDirectory { directory in
            let database = ZoneDatabase(directories: [directory.path])
            let file = directory.appendingPathComponent("Here")
            func put(_ name: String) throws {
                let source = URL(fileURLWithPath: try #require(try zone(name).path))
                try Data(contentsOf: source).write(to: file, options: .atomic)
            }
            try put("Europe/Paris")
            let before = try database.zone(named: "Here")
            #expect(!before.hasChangedOnDisk)
            try put("America/New_York")
            #expect(before.hasChangedOnDisk)
            #expect(before.offset(at: Instant(seconds: 0)) == 3600)
            let after = try database.reloaded(before)
            #expect(!after.hasChangedOnDisk)
            #expect(after.name == "Here")
            #expect(after.offset(at: Instant(seconds: 0)) == -18_000)
            try FileManager.default.removeItem(at: file)
            #expect(after.hasChangedOnDisk)
            #expect(throws: ZoneError.self) { try database.reloaded(after) }
        }
        #expect(!Zone.utc.hasChangedOnDisk)
    }

    @Test func theMachinesZone() throws {
        try withDirectory { directory in
            let link = directory.appendingPathComponent("localtime").path
            let database = ZoneDatabase()
            #expect(try database.localZone(variable: nil, link: link) == .utc)
            let target = try #require(try zone("Asia/Kathmandu").path)
            try FileManager.default.createSymbolicLink(
                atPath: link, withDestinationPath: target)
            #expect(try database.localZone(variable: nil, link: link).name == "Asia/Kathmandu")
            #expect(try database.localZone(variable: link, link: link).name == "Asia/Kathmandu")
            let before = try database.localZone(variable: nil, link: link)
            try FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(
                atPath: link,
                withDestinationPath: try #require(try zone("Europe/Paris").path))
            #expect(before.hasChangedOnDisk)
            #expect(try database.reloaded(before).name == "Europe/Paris")
            #expect(try database.localZone(variable: "Europe/Paris").name == "Europe/Paris")
            #expect(try database.localZone(variable: ":\(target)").name == "Asia/Kathmandu")
            #expect(throws: ZoneError.self) { try database.localZone(variable: "Europe/Pariss") }
        }
    }

    private func withDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("spool-zones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }
}

import SpoolSchedule
import SpoolTestSupport
import Testing

@Suite struct ZoneTests {
    @Test func aTimeComesOnceTwiceOrNever() throws {
        let newYork = try zone("America/New_York")
        #expect(
            newYork.occurrence(of: try local("2026-06-01T12:00"))
                == .once(try instant("2026-06-01T12:00:00-04:00")))
        #expect(
            newYork.occurrence(of: try local("2026-11-01T01:30"))
                == .twice(
                    try instant("2026-11-01T01:30:00-04:00"),
                    try instant("2026-11-01T01:30:00-05:00")))
        #expect(
            newYork.occurrence(of: try local("2026-03-08T02:30"))
                == .skipped(until: try instant("2026-03-08T03:00:00-04:00")))
        let apia = try zone("Pacific/Apia")
        #expect(
            apia.occurrence(of: try local("2011-12-30T12:00"))
                == .skipped(until: try instant("2011-12-31T00:00:00+14:00")))
    }

    @Test(arguments: ["Europe/Paris", "Pacific/Apia", "America/Nuuk", "Asia/Manila", "UTC"])
    func thereAndBack(_ name: String) throws {
        let zone = try zone(name)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let at = Instant(
                seconds: Int64.random(in: -5_000_000_000...8_000_000_000, using: &generator))
            switch zone.occurrence(of: zone.localTime(at: at)) {
            case .once(let instant): #expect(instant == at)
            case .twice(let first, let second): #expect(first == at || second == at)
            case .skipped: Issue.record("\(at) in \(name) is shown and skipped")
            }
        }
    }

    @Test func theFarFutureFollowsTheRule() throws {
        let paris = try zone("Europe/Paris")
        #expect(paris.offset(at: try instant("2199-07-01T00:00:00Z")) == 7200)
        #expect(paris.offset(at: try instant("2199-12-01T00:00:00Z")) == 3600)
        // The last Sunday of March 9000 is the 30th.
        #expect(paris.offset(at: try instant("9000-03-30T00:59:59Z")) == 3600)
        #expect(paris.offset(at: try instant("9000-03-30T01:00:00Z")) == 7200)
    }

    @Test func theFarPastIsLocalMeanTime() throws {
        #expect(try zone("Europe/Paris").offset(at: instant("1800-01-01T00:00:00Z")) == 561)
        #expect(try zone("Africa/Monrovia").offset(at: instant("1971-01-01T00:00:00Z")) == -2670)
    }

    /// A flag that says the wrong thing changes nothing: Ireland's winter is "daylight saving" of -1 h.
    @Test func negativeDaylightSaving() throws {
        let dublin = try zone("Europe/Dublin")
        #expect(dublin.offset(at: try instant("2026-01-01T00:00:00Z")) == 0)
        #expect(dublin.offset(at: try instant("2050-07-01T00:00:00Z")) == 3600)
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T00:00:00Z", 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "1700-07-01T00:00:00Z", 7200),
        ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12_600),
        ("EST5EDT", "2026-03-08T07:00:00Z", -14_400),
        ("EST5EDT", "2026-03-08T06:59:59Z", -18_000),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7200),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10_800),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39_600),
        // Daylight saving all year: nothing lies between its end and its beginning.
        ("XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14_400),
        ("XXX3EDT4,0/0,J365/23", "2026-07-01T00:00:00Z", -14_400),
        ("JST-9JDT,J60/0,J61/0", "2024-02-29T15:00:00Z", 36_000),
        ("JST-9JDT,59/0,60/0", "2024-02-28T15:00:00Z", 36_000),
        ("", "2026-01-01T00:00:00Z", 0),
    ])
    func rulesInTheEnvironment(_ rule: String, _ at: String, _ offset: Int) throws {
        // A rule is what TZ may hold; no directory has a zone of such a name.
        let zone = try ZoneDatabase(directories: ["/nowhere"]).localZone(variable: rule)
        #expect(zone.offset(at: try instant(at)) == offset)
    }

    private func local(_ text: String) throws -> LocalTime { try #require(LocalTime(text)) }
}

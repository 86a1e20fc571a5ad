import SpoolSchedule
import Testing

@Suite struct LocalTimeTests {
    @Test func readsWhatItWrites() throws {
        let time = try #require(LocalTime("2026-12-24T18:00"))
        #expect(time.description == "2026-12-24T18:00:00")
        #expect(LocalTime(time.description) == time)
        #expect(LocalTime("2026-12-24 18:00:00") == time)
        #expect(try #require(LocalTime("2026-12-24T18:00:01")) > time)
    }

    @Test(arguments: [
        "", "2026-12-24", "2026-12-24T", "2026-12-24T18", "2026-12-24T24:00", "2026-12-24T18:60",
        "2026-12-24T18:00:60", "2026-02-29T00:00", "2026-12-24T18:00Z", "26-12-24T18:00",
        "2026-12-24T18:00:00.5", " 2026-12-24T18:00",
    ])
    func readsNothingElse(_ text: String) {
        #expect(LocalTime(text) == nil)
    }
}

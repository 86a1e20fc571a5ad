import Spool
import SpoolTestSupport
import Testing

/// Which job is meant: by id, by a part of it, by name, by file.
struct FindTests {
    private func shown(_ spool: TemporarySpool, _ text: String) throws -> String? {
        let result = try spool.run("status", "--json", text)
        guard result.status == 0 else { return nil }
        guard case .string(let id) = try spool.objects(result.text).first?["id"] else { return nil }
        return id
    }

    @Test func findsByEverySpelling() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-n", "nightly backup", "--", "true")
        _ = try spool.submit("-n", "other", "--", "true")
        for text in [
            id, id.lowercased(), String(id.suffix(8)), String(id.suffix(8)).lowercased(),
            String(id.dropLast()), "nightly backup", "5-\(id).json", "incoming/5-\(id).json",
            spool["incoming/5-\(id).json"], "\(id).json",
        ] {
            #expect(try shown(spool, text) == id, "\(text)")
        }
    }

    @Test func listsTheMatchesOfAnAmbiguousOne() throws {
        let spool = try TemporarySpool()
        let first = try spool.submit("-n", "same", "--", "true")
        let second = try spool.submit("-n", "same", "--", "false")
        for text in ["same", String(first.prefix(2))] {
            let result = try spool.run("cancel", text)
            #expect(result.status == 64)
            #expect(result.errorText.contains("fits 2 jobs"))
            #expect(result.errorText.contains(first) && result.errorText.contains(second))
        }
        #expect(try spool.ids(in: .incoming) == [first, second], "nothing was cancelled")
    }

    /// A job that was run under the name before is none that can be cancelled, edited or held.
    @Test func aNameMeansTheOnlyJobThatTheCommandFits() throws {
        let spool = try TemporarySpool()
        let first = try spool.submit("-n", "nightly", "--", "true")
        #expect(try spool.run("worker", "--until-empty").status == 0)
        #expect(try spool.place(of: first) == .done)
        let second = try spool.submit("-n", "nightly", "-d", "1h", "--", "true")
        #expect(try spool.run("edit", "nightly", "slots=2").status == 0)
        #expect(try spool.run("hold", "nightly").status == 0)
        #expect(try spool.place(of: second) == .held)
        #expect(try spool.run("clean", "nightly").status == 0)
        #expect(try spool.place(of: first) == nil)
        let third = try spool.submit("-n", "nightly", "--", "true")
        #expect(try spool.run("worker", "--until-empty").status == 0)
        #expect(try spool.place(of: third) == .done)
        #expect(try spool.run("cancel", "nightly").status == 0)
        #expect(try spool.place(of: second) == .failed)
        let several = try spool.run("cancel", "nightly")
        #expect(several.status == 64 && several.errorText.contains("fits 2 jobs"))
        // A part of an id is nobody's name.
        _ = try spool.submit("-d", "1h", "--", "true")
        #expect(try spool.run("cancel", String(first.prefix(2))).status == 64)
    }

    @Test func aShortNameWinsOverAPartOfAnotherId() throws {
        let spool = try TemporarySpool()
        let other = try spool.submit("-n", "important", "--", "true")
        let parts = [
            String(other.suffix(1)), String(other.suffix(3)).lowercased(), String(other.prefix(2)),
        ]
        for part in parts {
            let named = try spool.submit("-n", part, "--", "true")
            #expect(try shown(spool, part) == named)
            #expect(try spool.run("cancel", part).status == 0)
        }
        #expect(try spool.ids(in: .incoming) == [other])
        #expect(try shown(spool, String(other.suffix(6))) == other)
    }

    @Test func saysThatThereIsNone() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "true")
        for text in ["nobody", "7ZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FAV", ""] {
            let result = try spool.run("cancel", text)
            #expect(result.status == 66, "\(text)")
            #expect(result.errorText.contains("no job \"\(text)\""))
        }
    }

    @Test func takesIdsFromStandardInput() throws {
        let spool = try TemporarySpool()
        let ids = try (0..<5).map { _ in try spool.submit("--", "true") }
        let input = ids.dropLast().joined(separator: "\n") + "\n" + ids[0] + "\n"
        #expect(try spool.run(["hold", "-"], input: input).status == 0)
        #expect(try spool.ids(in: .held) == Array(ids.dropLast()))
        #expect(try spool.run(["hold", "-"], input: "").status == 0)
    }

    @Test func findsAJobWhereverItLies() throws {
        let spool = try TemporarySpool()
        let done = try spool.submit("-n", "done one", "--", "true")
        let failed = try spool.submit("-n", "failed one", "--", "false")
        try spool.runWorker("-j", "1")
        let late = try spool.submit("-n", "late one", "-d", "1h", "--", "true")
        #expect(try shown(spool, "done one") == done)
        #expect(try shown(spool, "failed one") == failed)
        #expect(try shown(spool, String(late.suffix(10))) == late)
    }
}

import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolRunner

/// The names and values of variables are bytes to a command, whatever text they are to Unicode.
struct VariableSpellingTests {
    static let pairs = [("\u{e9}", "e\u{301}"), ("K", "\u{212a}")]

    @Test(arguments: pairs + pairs.map { ($1, $0) })
    func aCommandGetsTheJobsSpelling(_ pair: (String, String)) throws {
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        let job = Job(command: .shell("true"), env: [pair.1: "job"])
        let setup = CommandSetup(
            job, at: .running(id, attempt: 1), spoolPath: "/spool",
            defaults: CommandDefaults(environment: [pair.0: "worker", "PATH": "/bin"]))
        #expect(setup.environment.contains { $0.isExactly("\(pair.1)=job") })
        #expect(setup.environment.contains("PATH=/bin"))
        #expect(!setup.environment.contains { $0.utf8.starts(with: "\(pair.0)=".utf8) })
    }

    /// Else a worker would go on with the former ones.
    @Test(arguments: pairs)
    func otherSpellingsAreOtherDefaults(_ pair: (String, String)) {
        let defaults = CommandDefaults(environment: ["A": pair.0])
        #expect(defaults == CommandDefaults(environment: ["A": pair.0]))
        #expect(defaults != CommandDefaults(environment: ["A": pair.1]))
        #expect(
            CommandDefaults(environment: [pair.0: ""]) != CommandDefaults(environment: [pair.1: ""])
        )
        #expect(defaults != CommandDefaults(environment: ["A": pair.0, "B": ""]))
    }

    /// A job has room for one of them, and must not lose the other in silence.
    @Test func aSecondSpellingIsNotLostInSilence() throws {
        let spool = try TemporarySpool()
        let variables = #""$(printf '\303\251')=1" "$(printf 'e\314\201')=2""#
        let set = "env \(variables) \(TemporarySpool.binary) run"
        _ = try spool.open()
        let refused = try spool.shell(set + " --no-start -- true")
        #expect(refused.status == 65)
        #expect(refused.errorText.contains("in two spellings"))
        #expect(try spool.shell(set + " --no-start --clean-env -- true").status == 0)
        let named = try spool.run("run", "--no-start", "-e", "\u{e9}=1", "-e", "e\u{301}=2", "true")
        #expect(named.status == 64)
        #expect(named.errorText.contains("another spelling"))
    }
}

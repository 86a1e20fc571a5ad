import SpoolSystem
import SpoolTestSupport
import Testing

@testable import Spool

/// Texts that are equal for Unicode, and to Swift, may still be other bytes: another file, another argument.
struct SpellingTests {
    /// Of each pair, both are one text: composed and decomposed, the Greek question mark, marks in another order, Hangul.
    static let pairs = [
        ("\u{e9}", "e\u{301}"), (";", "\u{37e}"), ("\u{212b}", "\u{c5}"),
        ("a\u{323}\u{307}", "a\u{307}\u{323}"), ("\u{ac00}", "\u{1100}\u{1161}"),
    ]

    private let temporary: TemporarySpool
    private let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open()
    }

    /// Each of the user's fields that holds any text, set to one.
    static let changes: [@Sendable (inout Job, String) -> Void] = [
        { $0.command = .shell($1) }, { $0.command = .arguments(["touch", $1]) }, { $0.name = $1 },
        { $0.tags = ["tag": $1] }, { $0.tags = [$1: "tag"] }, { $0.metadata = .string($1) },
        { $0.metadata = .object([$1: .null]) }, { $0.payload = .array([.string($1)]) },
        { $0.project = $1 }, { $0.cwd = "/" + $1 }, { $0.env = ["NAME": $1] },
        { $0.env = [$1: "value"] }, { $0.stdin = .text($1) }, { $0.stdin = .file("/" + $1) },
        { $0.mail = Job.Mail(to: $1, from: nil) }, { $0.mail = Job.Mail(to: "me", from: $1) },
    ]

    @Test(arguments: pairs, changes.indices)
    func anEditChangesTheSpelling(_ pair: (String, String), _ index: Int) throws {
        #expect(pair.0 == pair.1)
        let change = SpellingTests.changes[index]
        var job = Job(command: .shell("true"))
        change(&job, pair.0)
        let id = try spool.submit(job)
        try Edit(spool.storage).edit(id) { change(&$0, pair.1) }
        let location = try #require(try Lookup(spool.storage).locate(id).first)
        let text = try temporary.read(location.path)
        #expect(Array(text.utf8).firstRange(of: Array(pair.1.utf8)) != nil)
        #expect(Array(text.utf8).firstRange(of: Array(pair.0.utf8)) == nil)
    }

    @Test(arguments: pairs)
    func anObjectSaysWhichNamesItCannotHold(_ pair: (String, String)) throws {
        let text = #"{"\#(pair.0)": 1, "\#(pair.1)": 2}"#
        let error = try #require(throws: SpoolError.self) {
            try JSONText.decode(JSONValue.self, from: Array(text.utf8))
        }
        #expect(error.message.hasSuffix("stands here twice, in two spellings"))
    }

    @Test(arguments: pairs)
    func aTableHoldsTheLastSpelling(_ pair: (String, String)) {
        var table = [pair.0: 1]
        #expect(table.otherSpelling(of: pair.0) == nil)
        #expect(table.otherSpelling(of: pair.1)?.isExactly(pair.0) == true)
        table.set(2, exactly: pair.1)
        #expect(table.count == 1)
        #expect(table.keys.first?.isExactly(pair.1) == true)
        #expect(table[pair.0] == 2)
        #expect(!pair.0.isExactly(pair.1) && pair.0.isExactly(pair.0))
    }
}

import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// How many columns of a terminal a text takes.
struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("äöü", 3), ("e\u{301}", 1), ("日本語", 6), ("ｆｕｌｌ", 8), ("ﾊﾝｶｸ", 4),
        ("한국어", 6), ("👍", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("\u{200b}", 0), ("…", 1),
        ("東京 backup", 11),
    ])
    func ofATerminal(_ text: String, _ columns: Int) {
        #expect(text.columns == columns)
    }

    @Test func columnsStandBelowEachOther() {
        let table = Table(["A", "B"], [["日本", "x"], ["ab", "y"], ["👍", "z"]])
        #expect(table.lines(width: nil) == ["A     B", "日本  x", "ab    y", "👍    z"])
        #expect(table.lines(width: 6) == ["A    …", "日本 …", "ab   …", "👍   …"])
        #expect(Table(["日本語"], []).lines(width: 6).allSatisfy { $0.columns <= 6 })
    }
}

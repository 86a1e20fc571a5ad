import Spool

/// A line of a page of facts.
enum Fact {
    static func line(_ name: String, _ value: String) -> String {
        let indented = MessageText.visible(value, keepsLines: true).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .joined(separator: "\n" + String(repeating: " ", count: 13))
        return HelpText.padded(name + ":", 12) + " " + indented
    }
}

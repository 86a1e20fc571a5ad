import Testing

@testable import SpoolCommand

/// The words that messages have for the fields of requests.
struct RequestFieldTests {
    @Test(arguments: RequestField.allCases)
    func theCommandLineHasAnOptionForEach(_ field: RequestField) {
        let options = SpoolTool.commands.flatMap(\.readOptions)
        let words = options.map { "--" + $0.long } + options.compactMap(\.short).map { "-\($0)" }
        #expect(words.contains(Invocation.option(for: field)))
        #expect(options.contains { $0.long == Invocation.name(for: field) })
    }
}

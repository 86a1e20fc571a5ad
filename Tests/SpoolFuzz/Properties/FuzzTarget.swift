/// A parser of the program, with what must hold of it for any input whatever.
///
/// libFuzzer (`Tests/SpoolFuzz/run`) and the tests that replay the corpus call the same functions.
public struct FuzzTarget: Sendable {
    /// Also the name of its corpus.
    public let name: String
    /// The longest input that is worth trying, in bytes.
    public let longest: Int
    /// - Throws: `Violation`, when a property doesn't hold.
    public let check: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, longest: Int, _ check: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.longest = longest
        self.check = check
    }

    public static let all: [FuzzTarget] = [
        FuzzTarget("job", longest: 4096, JobProperties.check),
        FuzzTarget("json", longest: 4096, JSONProperties.check),
        FuzzTarget("record", longest: 4096, RecordProperties.check),
        FuzzTarget("name", longest: 256, NameProperties.check),
        FuzzTarget("text", longest: 256, TextProperties.check),
        FuzzTarget("expression", longest: 256, ExpressionProperties.check),
        FuzzTarget("crontab", longest: 4096, CrontabProperties.check),
        FuzzTarget("zone", longest: 4096, ZoneProperties.check),
        FuzzTarget("log", longest: 4096, LogProperties.check),
        FuzzTarget("options", longest: 1024, OptionProperties.check),
    ]

    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// A property that doesn't hold.
public struct Violation: Error, CustomStringConvertible {
    public let description: String
}

func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw Violation(description: description()) }
}

extension [UInt8] {
    /// As text; what isn't UTF-8 is replaced.
    var text: String { String(decoding: self, as: UTF8.self) }
}

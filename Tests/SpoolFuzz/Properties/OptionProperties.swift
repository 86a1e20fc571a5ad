import Spool
import SpoolCommand

/// Of command lines: the first byte chooses the command, NUL separates the arguments.
enum OptionProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        guard let choice = bytes.first else { return }
        let command = SpoolTool.commands[Int(choice) % SpoolTool.commands.count]
        let arguments = bytes.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
            .map { Array($0).text }
        let console = Console(
            input: -1, output: -1, error: -1, environment: [:], workingDirectory: "/")
        let invocation: Invocation
        do throws(SpoolError) {
            invocation = try OptionParser.parse(arguments, command, console)
        } catch {
            guard error.code == .invalidRequest else {
                throw Violation(description: "no usage error: \(error)")
            }
            return try require(!error.message.isEmpty, "no message")
        }
        try require(
            invocation.operands.allSatisfy { arguments.contains($0) }, "an operand of its own")
        for option in command.options where invocation.has(option.long) {
            try require(
                option.argument != nil || invocation.all(option.long).allSatisfy(\.isEmpty),
                "--\(option.long) has an argument")
        }
    }
}

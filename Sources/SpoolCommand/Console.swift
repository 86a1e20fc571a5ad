import Spool
import SpoolSystem

/// What a command reads and writes: passed in, so that tests bring their own.
package final class Console {
    /// Descriptors of the caller, which stay open.
    private let input: CInt
    private let output: CInt
    private let error: CInt
    /// nil: the process's own.
    let givenEnvironment: [String: String]?
    /// The working directory, once it has been asked for.
    var knownDirectory: String?
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - environment: nil: the process's own.
    ///   - workingDirectory: absolute; nil: the process's own.
    package init(
        input: CInt = 0, output: CInt = 1, error: CInt = 2, environment: [String: String]? = nil,
        workingDirectory: String? = nil
    ) {
        self.input = input
        self.output = output
        self.error = error
        givenEnvironment = environment
        knownDirectory = workingDirectory
    }

    /// What the variable of this name holds; nil: there is none.
    func bytes(of name: String) -> [UInt8]? {
        guard let givenEnvironment else { return ProcessControl.variable(name) }
        return givenEnvironment[name].map { Array($0.utf8) }
    }

    package var isOutputTerminal: Bool { ProcessControl.isTerminal(output) }
    package var isInputTerminal: Bool { ProcessControl.isTerminal(input) }
    package var isErrorTerminal: Bool { ProcessControl.isTerminal(error) }

    /// Colour is for terminals, and for who wants it (https://no-color.org).
    package var isColourWanted: Bool {
        isOutputTerminal && (bytes(of: "NO_COLOR") ?? []).isEmpty
            && bytes(of: "TERM") != Array("dumb".utf8)
    }

    package var terminalWidth: Int? {
        isOutputTerminal ? ProcessControl.terminalWidth(output) : nil
    }

    // MARK: Output

    /// Buffered; `flush` writes it out. Programs get the text as it is; on a terminal nothing in it is obeyed, as it may be
    /// somebody else's.
    package func print(_ text: String) throws(SpoolError) {
        let shown = MessageText.visible(text, keepsLines: true)
        try printStyled(shown != text && isOutputTerminal ? shown : text)
    }

    /// The same of text that is known to be safe, and may have colours of ours.
    package func printStyled(_ text: String) throws(SpoolError) {
        buffer += text.utf8
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > 1 << 16 { try flush() }
    }

    package func flush() throws(SpoolError) {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        try write(bytes, to: output, "standard output")
    }

    /// Prints the ids of jobs that are in the spool now. Where standard output can't take them, standard error
    /// says so: else they would be submitted once more.
    package func announce(_ ids: [JobID]) throws(SpoolError) {
        do throws(SpoolError) {
            for id in ids { try print(id.description) }
            try flush()
        } catch {
            let count = ids.count == 1 ? "1 job is" : "\(ids.count) jobs are"
            say(
                "\(count) submitted all the same: \(ids.prefix(1000).map(\.description).joined(separator: " "))"
            )
            throw error
        }
    }

    /// Bytes as they are, at once.
    package func write(_ bytes: [UInt8], _ stream: LogFormat.Stream) throws(SpoolError) {
        try flush()
        switch stream {
        case .output: try write(bytes, to: output, "standard output")
        case .error: try write(bytes, to: error, "standard error")
        }
    }

    private func write(_ bytes: [UInt8], to number: CInt, _ name: String) throws(SpoolError) {
        guard !bytes.isEmpty else { return }
        do throws(Errno) {
            try Descriptor.write(number, bytes)
        } catch {
            // Where it goes, and what would make room there, isn't known here.
            throw SpoolError(
                error, "write", name, advice: error == .noSpace ? "nothing more goes there" : nil)
        }
    }

    /// A line for the person at the keyboard, never mixed into what a program reads. It may quote names and
    /// contents of files, so nothing in it controls a terminal.
    package func say(_ text: String) {
        let text = MessageText.visible(text, keepsLines: true)
        // Where even this can't be written, nobody is there to hear why.
        try? Descriptor.write(error, Array("spool: \(text)\n".utf8))
    }

    /// Has a line said before SIGINT (Ctrl-C) ends the process, which it does as it would without.
    func whenInterrupted(say text: String) -> ProcessControl.LastWord {
        let line = "spool: \(MessageText.visible(text))\n"
        return ProcessControl.LastWord(line, to: error)
    }

    // MARK: Input

    /// Asks the person at the keyboard; an answer that begins with anything but `n`, or none, is yes. The end
    /// of the input is no.
    package func confirm(_ question: String) throws(SpoolError) -> Bool {
        do throws(Errno) {
            try Descriptor.write(error, Array("spool: \(question) [Y/n] ".utf8))
            let copy = try Descriptor.duplicate(input)
            // A byte at a time: what comes after the line is for the next question.
            var line: [UInt8] = []
            while line.last != UInt8(ascii: "\n") {
                guard let byte = try copy.readByte() else { return false }
                line.append(byte)
            }
            let answer = line.first { $0 != UInt8(ascii: " ") }
            return answer != UInt8(ascii: "n") && answer != UInt8(ascii: "N")
        } catch {
            throw SpoolError(error, "read", "standard input")
        }
    }

    /// Everything on standard input.
    ///
    /// - Parameter limit: in bytes.
    package func readInput(limit: Int) throws(SpoolError) -> [UInt8] {
        do throws(Errno) {
            let copy = try Descriptor.duplicate(input)
            if try !copy.isLonger(than: limit), let bytes = try copy.readStream(limit: limit) {
                return bytes
            }
        } catch {
            throw SpoolError(error, "read", "standard input")
        }
        throw SpoolError(.invalidJob, "standard input holds more than \(limit) bytes, the limit")
    }

    /// As `readInput`, of text.
    package func readTextInput(limit: Int) throws(SpoolError) -> String {
        try Console.text(try readInput(limit: limit), of: "standard input")
    }

    /// - Throws: `.invalidJob`, which says where the bytes aren't UTF-8.
    private static func text(_ bytes: [UInt8], of name: String) throws(SpoolError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        let line = ForeignText(lines[index].prefix(200)).quoted
        throw SpoolError(
            .invalidJob,
            "\(name), line \(index + 1): \(line) is not UTF-8; convert it with iconv(1)")
    }

    /// What an editor has left of a draft. It lies where others may make files too, so it must be the caller's own.
    package func readDraft(_ path: String, limit: Int) throws(SpoolError) -> [UInt8] {
        try Console.read(path, limit: limit) { () throws(Errno) in try ProcessControl.openOwn(path)
        }
    }

    /// A file of the caller.
    package func readFile(_ path: String, limit: Int) throws(SpoolError) -> [UInt8] {
        let absolute = try absolute(path)
        return try Console.read(path, limit: limit) { () throws(Errno) in
            try ProcessControl.openForReading(absolute)
        }
    }

    private static func read(
        _ path: String, limit: Int, open: () throws(Errno) -> Descriptor
    ) throws(SpoolError) -> [UInt8] {
        do throws(Errno) {
            let file = try open()
            if try !file.isLonger(than: limit), let bytes = try file.readStream(limit: limit) {
                return bytes
            }
        } catch {
            if error == .noEntry {
                throw SpoolError(.notFound, "\(path): no such file", path: path)
            }
            throw SpoolError(error, "open", path)
        }
        throw SpoolError(.invalidJob, "\(path): larger than \(limit) bytes, the limit", path: path)
    }
}

import Spool
import SpoolSystem

/// The standard streams of a command line: views write to it. It is passed in, so that tests bring their own.
package final class Console {
    /// Descriptors of the caller, which stay open.
    private let output: CInt
    private let error: CInt
    package let caller: Caller
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - environment: nil: the process's own.
    ///   - workingDirectory: absolute; nil: the process's own.
    package init(
        input: CInt = 0, output: CInt = 1, error: CInt = 2, environment: [String: String]? = nil,
        workingDirectory: String? = nil
    ) {
        self.output = output
        self.error = error
        caller = Caller(
            input: input, environment: environment, workingDirectory: workingDirectory)
    }

    package var isOutputTerminal: Bool { StandardStreams.isTerminal(output) }
    package var isInputTerminal: Bool { StandardStreams.isTerminal(caller.input) }
    package var isErrorTerminal: Bool { StandardStreams.isTerminal(error) }

    /// Colour is for terminals, and for who wants it (https://no-color.org).
    package var isColourWanted: Bool {
        isOutputTerminal && (caller.bytes(of: "NO_COLOR") ?? []).isEmpty
            && caller.bytes(of: "TERM") != Array("dumb".utf8)
    }

    package var terminalWidth: Int? {
        isOutputTerminal ? StandardStreams.terminalWidth(output) : nil
    }

    // MARK: Output

    /// Buffered; `flush` writes it out. Programs get the text as it is; a terminal obeys nothing in it, as it may be
    /// somebody else's.
    package func print(_ text: String) throws(SpoolError) {
        try printStyled(isOutputTerminal ? MessageText.visible(text, keepsLines: true) : text)
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

    /// Prints the ids of jobs that are in the spool now. If standard output can't take them, standard error
    /// says so: else they would be submitted once more.
    package func announce(_ ids: some Collection<JobID>) throws(SpoolError) {
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
            try BareDescriptor(number).write(bytes)
        } catch {
            // The target of the stream, and how to make room there, isn't known here.
            throw SpoolError(
                error, "write", name, advice: error == .noSpace ? "nothing more goes there" : nil)
        }
    }

    /// A line for the person at the keyboard, never mixed into what a program reads. It may quote names and
    /// contents of files, so nothing in it controls a terminal.
    package func say(_ text: String) {
        let text = MessageText.visible(text, keepsLines: true)
        // If even this can't be written, nobody is there to hear why.
        try? BareDescriptor(error).write(Array("spool: \(text)\n".utf8))
    }

    /// Has a line said before SIGINT (Ctrl-C) ends the process, which it does as it would without.
    func whenInterrupted(say text: String) -> InterruptMessage {
        let line = "spool: \(MessageText.visible(text))\n"
        return InterruptMessage(line, to: error)
    }

    /// Asks the person at the keyboard; an answer that begins with anything but `n`, or none, is yes. The end
    /// of the input is no.
    package func confirm(_ question: String) throws(SpoolError) -> Bool {
        do throws(Errno) {
            try BareDescriptor(error).write(Array("spool: \(question) [Y/n] ".utf8))
            let copy = try BareDescriptor(caller.input).duplicate()
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
}

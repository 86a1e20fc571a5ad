import Spool
import SpoolSystem

/// Texts and files that a caller names.
extension Caller {
    /// The bytes of an operand: of a file, or of standard input for `-`.
    ///
    /// - Parameter limit: in bytes.
    func read(_ operand: String, limit: Int) throws(SpoolError) -> [UInt8] {
        operand == "-" ? try readInput(limit: limit) : try readFile(operand, limit: limit)
    }

    /// The name in messages of an operand that `read` takes.
    static func name(of operand: String) -> String {
        operand == "-" ? "standard input" : operand
    }

    /// Everything on standard input.
    ///
    /// - Parameter limit: in bytes.
    func readInput(limit: Int) throws(SpoolError) -> [UInt8] {
        do throws(Errno) {
            let copy = try BareDescriptor(input).duplicate()
            if try !copy.isLonger(than: limit), let bytes = try copy.readStream(limit: limit) {
                return bytes
            }
        } catch {
            throw SpoolError(error, "read", "standard input")
        }
        throw SpoolError(.invalidJob, "standard input holds more than \(limit) bytes, the limit")
    }

    /// As `readInput`, of text.
    func readTextInput(limit: Int) throws(SpoolError) -> String {
        try Caller.text(try readInput(limit: limit), of: "standard input")
    }

    /// - Throws: `.invalidJob`, which names the first line that isn't UTF-8.
    private static func text(_ bytes: [UInt8], of name: String) throws(SpoolError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let bad = bytes.lineNotUTF8
        let line = NonUTF8Text(bad.bytes.prefix(200)).quoted
        throw SpoolError(
            .invalidJob,
            "\(name), line \(bad.number): \(line) is not UTF-8; convert it with iconv(1)")
    }

    /// The draft as an editor has left it. Others may make files in its directory, so it must be the caller's own.
    func readDraft(_ path: String, limit: Int) throws(SpoolError) -> [UInt8] {
        try Caller.read(path, limit: limit) { () throws(Errno) in try FilePath(path).openOwn()
        }
    }

    /// A file of the caller.
    func readFile(_ path: String, limit: Int) throws(SpoolError) -> [UInt8] {
        let absolute = try absolute(path)
        return try Caller.read(path, limit: limit) { () throws(Errno) in
            try FilePath(absolute).openForReading()
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

extension [UInt8] {
    /// The first line that isn't UTF-8, of bytes that aren't, and its number, 1 for the first.
    var lineNotUTF8: (number: Int, bytes: ArraySlice<UInt8>) {
        let lines = split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        return (index + 1, lines[index])
    }
}

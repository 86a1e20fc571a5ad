import SpoolSchedule

extension HistoryLine {
    /// The line as it is written: what `JSONText.encode` makes of it, byte for byte, without looking up how its
    /// type is coded. Every job costs three of them, in three processes.
    package func json() -> [UInt8] {
        var text = FlatObject()
        text.add("attempt", attempt)
        text.add("exit_code", exitCode)
        text.add("from", from)
        text.add("host", host)
        text.add("job", job?.description)
        text.add("name", name)
        text.add("note", note)
        text.add("outcome", outcome?.rawValue)
        text.add("pid", pid)
        text.add("signal", signal)
        text.add("state", state?.rawValue)
        text.add("time", time.rfc3339)
        text.add("to", to)
        text.add("verb", verb)
        return text.line()
    }
}

/// A JSON object of numbers and strings, written as its fields come.
private struct FlatObject {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init() { bytes.reserveCapacity(512) }

    mutating func add(_ name: StaticString, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        begin(name)
        bytes += String(value).utf8
    }

    mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 { append(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The whole object and a line break.
    consuming func line() -> [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes += $0 }
        bytes += [UInt8(ascii: "\""), UInt8(ascii: ":")]
    }

    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 8: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
        case 9: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case 10: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case 12: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
        case 13: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        case 0..<32:
            let digits = String(byte, radix: 16)
            bytes += Array("\\u00".utf8) + (byte < 16 ? [UInt8(ascii: "0")] : []) + digits.utf8
        default: bytes.append(byte)
        }
    }
}

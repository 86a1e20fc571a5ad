import SpoolTime

extension HistoryLine {
    /// The line as it is written: the text of `JSONText.encode`, byte for byte, made without looking up how its type is
    /// coded. Every job costs three of them, in three processes.
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
    private var writer = JSONWriter(isPretty: false)

    init() { writer.append("{") }

    mutating func add(_ name: StaticString, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        begin(name)
        writer.append(value)
    }

    mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        writer.write(value)
    }

    /// The whole object and a line break.
    consuming func line() -> [UInt8] {
        writer.append("}")
        return writer.line()
    }

    private mutating func begin(_ name: StaticString) {
        if writer.bytes.count > 1 { writer.append(",") }
        writer.append("\"")
        writer.append(name)
        writer.append("\":")
    }
}

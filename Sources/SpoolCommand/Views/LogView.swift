import Spool

/// A job's output: byte for byte, or behind a label.
struct LogView {
    private let console: Console
    private let showsTimes: Bool
    private var label: LineLabel?

    init(_ console: Console, showsTimes: Bool, label: LineLabel?) {
        self.console = console
        self.showsTimes = showsTimes
        self.label = label
    }

    mutating func show(_ record: LogFormat.Record) throws(SpoolError) {
        let bytes = showsTimes ? record.timed : record.bytes
        let shown = label == nil ? bytes : label?.lines(bytes, of: record.stream) ?? []
        if !shown.isEmpty { try console.write(shown, record.stream) }
    }

    /// Shows the rest: no more comes.
    mutating func end() throws(SpoolError) {
        for stream in [LogFormat.Stream.output, .error] {
            let rest = label?.lastLine(of: stream) ?? []
            if !rest.isEmpty { try console.write(rest, stream) }
        }
    }
}

extension LogFormat.Record {
    /// With the time in front, as `spool logs --timestamps` shows it.
    fileprivate var timed: [UInt8] {
        Array("\(time) ".utf8) + bytes + (bytes.last == 10 ? [] : [10])
    }
}

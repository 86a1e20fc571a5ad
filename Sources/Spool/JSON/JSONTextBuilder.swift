/// The text of an `Encodable` value, written while the value says what it has.
final class JSONTextBuilder {
    private var writer: JSONWriter

    init(isPretty: Bool) { writer = JSONWriter(isPretty: isPretty) }

    func write<Value: Encodable>(
        _ value: Value, at position: @autoclosure () -> CodingPosition?
    ) throws {
        if let known = try JSONNode.known(value, at: position()) { return writer.write(known) }
        if JSONTextBuilder.isFieldWritten(Value.self) {
            writer.beginObject()
            try value.encode(
                to: JSONTreeEncoder(at: position(), into: self, isFieldWritten: true))
            return writer.endObject()
        }
        let encoder = JSONTreeEncoder(at: position(), into: self)
        try value.encode(to: encoder)
        if !encoder.hasWrittenValue { writer.write(encoder.node ?? .object(EncodedObject())) }
    }

    /// Whether all that is of this type is written with one `FieldWriter`. To ask for a conformance instead would take a
    /// small program longer than to write a job.
    private static func isFieldWritten<Value>(_ type: Value.Type) -> Bool {
        type == Job.self || type == Submitter.self || type == Attempt.self
            || type == Attempt.Process.self || type == Attempt.Usage.self
            || type == Attempt.Log.self
    }

    func write(items: [some Encodable], at position: @autoclosure () -> CodingPosition?) throws {
        writer.beginArray()
        for (index, item) in items.enumerated() {
            writer.beginItem()
            try write(item, at: CodingPosition(IndexKey(index), in: position()))
        }
        writer.endArray()
    }

    func beginField(_ name: String) { writer.beginField(name) }

    /// What was written, with a line break.
    func line() -> [UInt8] { writer.line() }
}

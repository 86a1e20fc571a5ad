import Spool

extension JSONText {
    /// A value as JSON on one line, without the line break. JSON may hold DEL and the like as they are, which a
    /// terminal should not see; the escape is the same to its reader.
    static func line(_ value: some Encodable) throws(SpoolError) -> String {
        let bytes = try encode(value, pretty: false)
        return MessageText.visible(String(decoding: bytes.dropLast(), as: UTF8.self))
    }
}

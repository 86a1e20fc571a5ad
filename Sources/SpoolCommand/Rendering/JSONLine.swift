import Spool

extension JSONText {
    /// A value as JSON on one line, without the line break.
    static func line(_ value: some Encodable) throws(SpoolError) -> String {
        String(decoding: try encode(value, pretty: false).dropLast(), as: UTF8.self)
    }
}

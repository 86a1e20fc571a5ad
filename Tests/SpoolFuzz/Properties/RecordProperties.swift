import Spool
import SpoolRunner

/// Of the readers of the other files of a spool. The first byte says which.
enum RecordProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch kind % 3 {
        case 0: _ = try read(SettingsFile.self, rest)
        case 1: try check(WorkerRecord.self, rest)
        default: try check(HistoryLine.self, rest)
        }
    }

    /// - Returns: nil where it isn't one, and the error says so.
    private static func read<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8]
    ) throws -> Value? {
        do throws(SpoolError) {
            return try JSONText.decode(type, from: bytes)
        } catch {
            try JobProperties.checkError(error, bytes)
            return nil
        }
    }

    private static func check<Value: Codable>(_ type: Value.Type, _ bytes: [UInt8]) throws {
        guard let value = try read(type, bytes) else { return }
        let written = try JSONText.encode(value, pretty: false)
        let again: Value
        do throws(SpoolError) {
            again = try JSONText.decode(type, from: written)
        } catch {
            throw Violation(description: "what it writes it can't read: \(error): \(written.text)")
        }
        try require(
            try JSONText.encode(again, pretty: false) == written,
            "written twice, it differs: \(written.text)")
    }
}

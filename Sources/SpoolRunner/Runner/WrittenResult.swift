import Spool
import SpoolSystem

/// The content of SPOOL_RESULT.
enum WrittenResult {
    case none
    case taken(JSONValue)
    case refused(String)
}

extension Storage {
    /// - Parameter location: of the running job.
    func writtenResult(of location: JobLocation) -> WrittenResult {
        let limit = rules.resultLimit
        do throws(Errno) {
            guard let file = try root.openIfPresent(Sidecar.result.path(of: location)) else {
                return .none
            }
            let status = try file.status()
            guard status.kind == .regular else { return .refused("it is no plain file") }
            guard let bytes = try file.readAll(limit: limit) else {
                return .refused("it is \(status.size) bytes long; \(limit) are the limit")
            }
            return bytes.isEmpty ? .none : recordable(bytes)
        } catch {
            switch error {
            case .loop: return .refused("it is a symbolic link")
            case .noDevice: return .refused("it is no plain file")
            default: return .refused("it can't be read: \(error)")
            }
        }
    }

    /// A result as JSON, else as text. With one that is too large as it is written, since escapes and large numbers are
    /// longer there, the job's file would become too large.
    private func recordable(_ written: [UInt8]) -> WrittenResult {
        let value =
            // It is to stand in the job's object, where the limit of nesting counts from. Anything else is text.
            (try? JSONText.decode(JSONValue.self, from: written, within: 1))
            ?? .string(String(decoding: written, as: UTF8.self))
        let limit = rules.sizeLimit
        // Without a size nothing of it is taken, which is said.
        guard let size = try? JSONText.encode(value, pretty: false).count else {
            return .refused("it can't be written as JSON")
        }
        guard size <= limit else {
            return .refused("it takes \(size) bytes as JSON; \(limit) are the limit")
        }
        return .taken(value)
    }
}

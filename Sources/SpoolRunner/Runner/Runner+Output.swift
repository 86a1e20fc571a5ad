import Spool
import SpoolSystem

extension Runner {
    /// Moves what a pipe holds into the log, some of it at a time.
    ///
    /// - Returns: whether there may be more at once.
    @discardableResult
    func pump(_ stream: LogFormat.Stream) -> Bool {
        guard let index = outputs.firstIndex(where: { $0.stream == stream }) else { return false }
        let descriptor = outputs[index].descriptor
        do throws(Errno) {
            guard let count = try Descriptor.read(descriptor, into: process.chunk) else {
                return false
            }
            if count > 0 {
                log.write(
                    UnsafeRawBufferPointer(rebasing: process.chunk[..<count]), stream,
                    at: Clock.realtime())
                return true
            }
        } catch {
            // A pipe doesn't fail; if it did, it would be as good as closed.
        }
        try? process.loop.stopWatching(descriptor)
        Descriptor.close(descriptor)
        outputs.remove(at: index)
        return false
    }

    /// Takes what is still in the pipes. A descendant that has left the command's process group may keep them
    /// open for ever, so what isn't there now isn't waited for.
    func drainOutput() {
        while pump(.output) {}
        while pump(.error) {}
    }

    /// Takes the result over that the handler wrote, or else the end of its output.
    ///
    /// - Parameter outcome: of the attempt.
    /// - Returns: why the one that it wrote isn't taken; nil where it is, or there is none.
    func takeResult(_ outcome: Attempt.Outcome?) -> String? {
        let written = writtenResult()
        if case .taken(let value) = written {
            locked.job.result = value
            return nil
        }
        if outcome != .completed, !log.error.isEmpty {
            // A failure is told there.
            locked.job.result = .string(log.error.text)
        } else if !log.output.isEmpty {
            locked.job.result = .string(log.tailText)
        }
        if case .refused(let reason) = written { return reason }
        return nil
    }
}

private enum WrittenResult {
    case none
    case taken(JSONValue)
    case refused(String)
}

extension Runner {
    private func writtenResult() -> WrittenResult {
        let limit = spool.rules.resultLimit
        do throws(Errno) {
            let name = spool.sidecar(.result, of: locked.location)
            guard let file = try spool.root.openIfPresent(name) else { return .none }
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
            // What isn't JSON is text.
            (try? JSONText.decode(JSONValue.self, from: written))
            ?? .string(String(decoding: written, as: UTF8.self))
        let limit = spool.rules.sizeLimit
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

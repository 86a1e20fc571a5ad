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

    /// Takes the result over that the handler wrote, or else the tail of its output.
    func takeResult() {
        let name = spool.companion(.result, of: locked.location)
        let written = try? spool.root.openIfPresent(name)?
            .readAll(limit: spool.rules.resultLimit)
        let result = (written ?? nil).flatMap { $0.isEmpty ? nil : recordable($0) }
        if let result {
            locked.job.result = result
        } else if !log.tail.isEmpty {
            locked.job.result = .string(log.tailText)
        }
    }
}

extension Runner {
    /// A result as JSON, else as text; nil where the job's file would become too large with it, as escapes and
    /// large numbers are longer there.
    private func recordable(_ written: [UInt8]) -> JSONValue? {
        let value =
            (try? JSONText.decode(JSONValue.self, from: written))
            ?? .string(String(decoding: written, as: UTF8.self))
        guard let size = try? JSONText.encode(value, pretty: false).count,
            size <= spool.rules.sizeLimit
        else { return nil }
        return value
    }
}

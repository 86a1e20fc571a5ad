import SpoolTime

/// The rules of keys.
enum KeyRule {
    /// In bytes.
    private static let longest = 1000

    static func key(_ key: String, _: Job) throws(SpoolError) {
        if key.allSatisfy(\.isWhitespace) { throw JobCheck.invalid("key", "is empty") }
        if key.utf8.count > longest {
            throw JobCheck.invalid(
                "key", "is \(key.utf8.count) bytes long; \(longest) are the limit")
        }
        if key.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            throw JobCheck.invalid("key", "holds a control character; write plain text")
        }
    }

    static func lifetime(_ lifetime: Job.KeyLifetime, _ job: Job) throws(SpoolError) {
        if job.key == nil {
            throw JobCheck.invalid("key_until", "has no \"key\" beside it; write both")
        }
        guard case .after(let span) = lifetime else { return }
        if span <= .zero || span > .longest {
            throw JobCheck.invalid(
                "key_until", "is \(span); a length of time up to 36500d is wanted, more than 0s")
        }
    }
}

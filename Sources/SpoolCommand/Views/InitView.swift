import Spool

/// `spool init`.
enum InitView {
    /// - Parameter path: of the spool.
    static func show(_ path: String, _ console: Console) throws(SpoolError) {
        try console.print(path)
    }
}

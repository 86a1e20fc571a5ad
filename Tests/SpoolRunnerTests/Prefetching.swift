import SpoolTestSupport

/// Whether workers claim jobs before there are slots for them: what holds of a worker must hold with and without.
enum Prefetching: CaseIterable {
    case on, off

    func spool() throws -> TemporarySpool {
        let spool = try TemporarySpool()
        if self == .off {
            _ = try spool.open()
            try spool.write("settings.json", #"{"prefetch_below": "0s"}"#)
        }
        return spool
    }
}

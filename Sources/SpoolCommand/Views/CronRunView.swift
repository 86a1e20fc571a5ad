import Spool

/// `spool cron run`.
enum CronRunView {
    static func show(_ id: JobID, _ console: Console) throws(SpoolError) {
        try console.announce(CollectionOfOne(id))
    }
}

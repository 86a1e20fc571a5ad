import Spool

/// `spool submit`.
struct SubmitView {
    private let total: Int
    private let console: Console

    /// - Parameter total: how many jobs there are in all.
    init(total: Int, _ console: Console) {
        self.total = total
        self.console = console
    }

    func show(_ batch: SubmittedBatch) throws(SpoolError) {
        try console.announce(batch.ids)
        guard batch.failure != nil else { return }
        let which = batch.count == 0 ? "none" : "the first \(batch.count)"
        console.say("\(which) of \(MessageText.count(total, "job")) are submitted")
    }

    func sayChecked() {
        console.say(MessageText.count(total, "job") + ", no errors")
    }
}

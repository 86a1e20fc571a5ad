import Spool

/// `spool submit`.
struct SubmitView {
    /// How many jobs there are in all.
    let total: Int
    let console: Console

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

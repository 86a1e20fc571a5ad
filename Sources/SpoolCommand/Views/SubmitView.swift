import Spool

/// `spool submit`.
struct SubmitView {
    /// How many jobs there are in all.
    let total: Int
    let console: Console

    func show(_ batch: SubmittedBatch) throws(SpoolError) {
        try console.announce(batch.jobs.map(\.id))
        let earlier = batch.jobs.filter(\.isEarlier)
        if let first = earlier.first {
            let others =
                earlier.count > 1 ? " and \(MessageText.count(earlier.count - 1, "other"))" : ""
            let which = earlier.count > 1 ? "are earlier jobs" : "is an earlier job"
            let whom = earlier.count > 1 ? "them" : "it"
            console.say(
                "\(first.id)\(others) \(which) with the same key: nothing was submitted for \(whom)"
            )
        }
        guard batch.failure != nil else { return }
        let which = batch.count == 0 ? "none" : "the first \(batch.count)"
        console.say("\(which) of \(MessageText.count(total, "job")) are submitted")
    }

    func sayChecked() {
        console.say(MessageText.count(total, "job") + ", no errors")
    }
}

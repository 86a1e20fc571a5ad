import Spool
import SpoolRunner
import SpoolSystem

let slotsCommand = CommandTable(
    "slots", "show or change how many jobs each worker runs at once",
    operands: "[COUNT]", options: []
) { invocation throws(SpoolError) in
    let request = try SlotsRequest(invocation)
    let result = try request.perform(in: invocation.context)
    try SlotsView.show(result, isChange: request.isChange, invocation.console)
    return ExitStatus.success
}

package struct SlotsRequest {
    package let isChange: Bool
    /// nil: the default.
    package let count: Int?

    /// Asks for the number.
    package init() {
        isChange = false
        count = nil
    }

    /// Changes it.
    ///
    /// - Parameter slots: one of `WorkerSettings.possibleSlots`; nil: the default.
    package init(slots: Int?) {
        isChange = true
        count = slots
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        guard invocation.operands.count <= 1 else { throw .usage("one number at a time") }
        let text = invocation.operands.first
        isChange = text != nil
        count = text.flatMap { Int($0) }.flatMap {
            WorkerSettings.possibleSlots.contains($0) ? $0 : nil
        }
        guard let text, count == nil, text != "default" else { return }
        let range = WorkerSettings.possibleSlots
        throw .usage(
            "\"\(text)\": a number from \(range.lowerBound) to \(range.upperBound), or default, is"
                + " wanted")
    }

    package func perform(in context: Context) throws(SpoolError) -> SlotsResult {
        // A number that settings.json can't have would keep every worker from reading it.
        if let count { try context.require(count, WorkerSettings.possibleSlots, .slots) }
        let spool = try context.openSpool(create: isChange)
        guard isChange else {
            var result = SlotsResult(count: try SettingsFile.read(spool).slots)
            do throws(SpoolError) {
                result.workers = try spool.workers()
            } catch {
                result.failure = error
            }
            return result
        }
        try SettingsFile.setSlots(count, in: spool)
        waitForWorkers(of: spool, toHave: count ?? WorkerSettings.defaultSlots)
        return SlotsResult(count: count, workers: try spool.workers())
    }

    /// They notice the new file; until then a job may start that the old number allowed.
    private func waitForWorkers(of spool: SpoolDirectory, toHave count: Int) {
        let deadline = Clock.monotonic() + 5_000_000_000
        while Clock.monotonic() < deadline {
            // It is a courtesy to wait; the next reader of the workers says why they can't be read.
            let workers = (try? spool.workers()) ?? []
            let isDone = workers.allSatisfy {
                $0.hasFixedSlots == true || $0.slots == count || $0.host != Host.name
            }
            if isDone { return }
            Sleep.briefly()
        }
    }
}

package struct SlotsResult {
    /// nil: settings.json says nothing.
    package let count: Int?
    package internal(set) var workers: [WorkerRecord] = []
    /// The error that kept the workers from being looked at.
    package internal(set) var failure: SpoolError?
}

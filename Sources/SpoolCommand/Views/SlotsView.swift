import Spool
import SpoolRunner
import SpoolSystem

/// `spool slots`.
enum SlotsView {
    static func show(
        _ result: SlotsResult, isChange: Bool, _ console: Console
    ) throws(SpoolError) {
        if !isChange {
            try console.print(String(result.count ?? WorkerSettings.defaultSlots))
            if result.count == nil {
                let number = WorkerSettings.defaultSlots
                let limit = number < ProcessorCount.online ? ", \(number) at most" : ""
                console.say("settings.json says nothing: as many as there are processors\(limit)")
            }
        }
        if let failure = result.failure { throw failure }
        for worker in result.workers { say(worker, result.count, console) }
    }

    /// Says that a worker has another number.
    private static func say(_ worker: WorkerRecord, _ count: Int?, _ console: Console) {
        let place = worker.host == Host.name ? "" : " on \(worker.host)"
        let own = count ?? (worker.host == Host.name ? WorkerSettings.defaultSlots : worker.slots)
        guard worker.slots != own else { return }
        let reason = worker.hasFixedSlots == true ? ": it was started with --slots" : ""
        console.say("worker (pid \(worker.process.pid)\(place)) has \(worker.slots)\(reason)")
    }
}

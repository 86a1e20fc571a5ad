import Spool
import SpoolRunner
import SpoolSystem

let slotsCommand = CommandTable(
    "slots", "show or change how many jobs each worker runs at once",
    operands: "[COUNT]", options: []
) { invocation throws(SpoolError) in
    guard invocation.operands.count <= 1 else { throw .usage("one number at a time") }
    guard let text = invocation.operands.first else {
        let spoolDirectory = try invocation.openSpool(create: false)
        return try showSlots(of: spoolDirectory, invocation.console)
    }
    let count = Int(text).flatMap { (1...1024).contains($0) ? $0 : nil }
    guard count != nil || text == "default" else {
        throw .usage("\"\(text)\": a number from 1 to 1024, or default, is wanted")
    }
    let spoolDirectory = try invocation.openSpool()
    try SettingsFile.setSlots(count, in: spoolDirectory)
    waitForWorkers(of: spoolDirectory, toHave: count ?? ProcessorCount.online)
    tellOthers(try spoolDirectory.workers(), than: count, invocation.console)
    return ExitStatus.success
}

private func showSlots(
    of spoolDirectory: SpoolDirectory, _ console: Console
) throws(SpoolError) -> Int32 {
    let count = try SettingsFile.read(spoolDirectory).slots
    try console.print(String(count ?? ProcessorCount.online))
    if count == nil { console.say("settings.json says nothing: as many as there are processors") }
    tellOthers(try spoolDirectory.workers(), than: count, console)
    return ExitStatus.success
}

/// They notice the new file; until then a job may start that the old number allowed.
private func waitForWorkers(of spoolDirectory: SpoolDirectory, toHave count: Int) {
    let deadline = Clock.monotonic() + 5_000_000_000
    while Clock.monotonic() < deadline {
        // It is a courtesy to wait; who reads the workers next says why they can't be read.
        let workers = (try? spoolDirectory.workers()) ?? []
        let isDone = workers.allSatisfy {
            $0.hasFixedSlots == true || $0.slots == count || $0.host != Host.name
        }
        if isDone { return }
        Pause.briefly()
    }
}

/// Says which workers have another number.
private func tellOthers(_ workers: [WorkerRecord], than count: Int?, _ console: Console) {
    for worker in workers {
        let place = worker.host == Host.name ? "" : " on \(worker.host)"
        let own = count ?? (worker.host == Host.name ? ProcessorCount.online : worker.slots)
        guard worker.slots != own else { continue }
        let reason = worker.hasFixedSlots == true ? ": it was started with --slots" : ""
        console.say("worker (pid \(worker.process.pid)\(place)) has \(worker.slots)\(reason)")
    }
}

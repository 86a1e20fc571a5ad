import Spool
import SpoolSystem

/// `spool daemon --stop` and `--reload`.
struct DaemonControlView {
    private let console: Console
    private(set) var status = ExitStatus.success

    init(_ console: Console) {
        self.console = console
    }

    mutating func show(_ event: DaemonControlEvent) {
        switch event {
        case .noDaemon(let workers):
            let pids = workers.map { "\($0.process.pid)" }.joined(separator: ", ")
            console.say(
                "no daemon is running"
                    + (workers.isEmpty ? "" : "; 'spool worker' started these: pid \(pids)"))
        case .ended(let daemon, let running):
            let rest =
                running == 0 ? "" : "; what runs goes on: \(MessageText.count(running, "job"))"
            console.say("the daemon (pid \(daemon.process.pid)) has ended\(rest)")
        case .noWorker: console.say("no worker is running; the next one reads settings.json")
        case .reloads(let worker):
            console.say("worker (pid \(worker.process.pid)) reads settings.json again")
        case .undescribed(let count):
            console.say(
                MessageText.count(count, "worker") + " can't be reached, as the file"
                    + (count == 1 ? " doesn't describe it" : "s don't describe them")
                    + ": 'spool check' says which")
            status = ExitStatus.negative
        case .elsewhere(let worker):
            let which = worker.host == Host.name ? "another container of " : ""
            console.say(
                "pid \(worker.process.pid) is on \(which)\(worker.host), and can be reached only there"
            )
            status = ExitStatus.negative
        }
    }
}

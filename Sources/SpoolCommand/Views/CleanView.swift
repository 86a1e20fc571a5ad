import Spool

/// `spool clean`.
struct CleanView {
    let isDry: Bool
    let console: Console

    func show(_ event: CleanEvent) throws(SpoolError) {
        switch event {
        case .file(let path): try console.print(path)
        case .jobs(let count): say(MessageText.count(count, "job"))
        case .logs(let count):
            say(MessageText.count(count, "log without a job", "logs without a job"))
        case .keys(let count):
            say(MessageText.count(count, "key without a job", "keys without a job"))
        case .history(let count):
            say(MessageText.count(count, "day of history", "days of history"))
        }
    }

    private func say(_ what: String) {
        console.say(what + (isDry ? " would be removed" : " removed"))
    }
}

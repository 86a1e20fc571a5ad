import Spool

/// `spool run`: the job that was submitted.
struct RunView {
    let isJSON: Bool
    let follows: Bool
    let console: Console

    init(isJSON: Bool, follows: Bool, _ console: Console) {
        self.isJSON = isJSON
        self.follows = follows
        self.console = console
    }

    func show(_ result: RunResult) throws(SpoolError) {
        let id = result.id
        if isJSON, let entry = result.entry {
            try console.print(try JobTable.json(entry, isEarlier: result.isEarlier))
        } else if !follows {
            try console.announce(CollectionOfOne(id))
        } else if console.isErrorTerminal {
            // Elsewhere standard error is the command's alone, byte for byte.
            console.say("job \(id)")
        }
        try console.flush()
        if result.isEarlier {
            console.say("job \(id) has this key already: nothing was submitted")
        }
    }
}

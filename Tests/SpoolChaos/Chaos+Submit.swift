import SpoolTestSupport

/// Submitters: the command, and the shell by hand.
extension Chaos {
    private func newAccount(_ route: String) -> Account {
        ledger.open(JobPlan(token: ledger.makeToken(), using: &random), route: route)
    }

    /// A wrong clock now and then.
    private func clock() -> [String: String] {
        chance(4) ? host.wrongClock((chance(50) ? 1 : -1) * number(60...10_000)) : [:]
    }

    private func start(
        _ kind: Actor.Kind, _ words: [String], input: String = "",
        environment: [String: String] = [:],
        ended: @escaping (Actor, ProgramResult) -> Void
    ) {
        do {
            let actor = try pool.start(
                kind, words, input: input, environment: environment, ended: ended)
            mayHurt(actor)
        } catch {
            host.note("no process: \(error)")
        }
    }

    /// Every printed id is a promise, whatever became of the command afterwards.
    private func acknowledge(_ accounts: [Account], _ result: ProgramResult) {
        // A line that was cut is no id.
        let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if result.status == 0 && lines.count != accounts.count {
            ledger.violate(
                "success, but \(lines.count) ids for \(accounts.count) jobs",
                token: accounts.first?.plan.token)
        }
        for (id, account) in zip(lines, accounts) {
            account.isAcknowledged = true
            guard let record = ledger.record(String(id), token: account.plan.token) else {
                continue
            }
            if record.account !== account {
                ledger.violate("an id was given twice", id: record.id)
            }
            record.isAcknowledged = true
            ledger.tell(record, "acknowledged")
        }
        if lines.count < accounts.count {
            ledger.tell(accounts[lines.count], "not acknowledged: \(result.status)")
        }
    }

    func submitByRun(waits: Bool) {
        let account = newAccount(waits ? "run --wait" : "run")
        let words =
            [host.binary, "run"] + (waits ? ["--wait"] : []) + account.plan.options + ["--"]
            + account.plan.words(host.script)
        var environment = clock()
        // It starts a daemon where no worker lives; which schedules by the right clock.
        if chance(10) { environment = ["SPOOL_AUTOSTART": "yes"] }
        start(waits ? .waiter : .submitter, words, environment: environment) {
            [self] actor, result in
            acknowledge([account], result)
            guard waits, !actor.isKilled, let id = result.text.split(separator: "\n").first,
                let record = ledger.record(String(id), token: account.plan.token)
            else { return }
            waitEnded(record, actor, result)
        }
    }

    /// Several submissions of one key at once: one job, whose id all of them are told.
    func submitKeyed() {
        let account = newAccount("run --key")
        let words =
            [host.binary, "run", "--key", account.plan.token] + account.plan.options + ["--"]
            + account.plan.words(host.script)
        for _ in 0..<number(2...5) {
            account.openSubmissions += 1
            start(.submitter, words, environment: clock()) { [self] _, result in
                account.openSubmissions -= 1
                acknowledge([account], result)
                guard let id = result.text.split(separator: "\n").first.map(String.init),
                    ledger.records[id] != nil
                else { return }
                if let answer = account.answer, answer != id {
                    ledger.violate("a key has two jobs: \(answer) too", id: id)
                }
                account.answer = id
            }
        }
    }

    func submitBatch() {
        let accounts = (0..<number(2...45)).map { _ in newAccount("batch") }
        let lines = accounts.map { $0.plan.json(host.script) + "\n" }.joined()
        start(.submitter, [host.binary, "submit", "-"], input: lines, environment: clock()) {
            [self] _, result in acknowledge(accounts, result)
        }
    }

    // MARK: By hand

    private func drop(_ account: Account, _ words: [String], input: String? = nil) {
        start(.submitter, words) { [self] actor, result in
            if let input { FileTree.remove(input) }
            account.isAcknowledged = result.status == 0
            ledger.tell(account, "dropped: \(result.status)")
        }
    }

    private func dropName(_ account: Account) -> String {
        let directory = chance(50) ? "incoming/" : "incoming/\(account.plan.queue)/"
        let isThere =
            account.plan.queue != "default"
            && tree.names("incoming").contains(
                account.plan.queue)
        return host.spool + "/" + (isThere ? directory : "incoming/")
            + "drop-\(account.plan.token).json"
    }

    func dropByEcho() {
        let account = newAccount("echo >")
        drop(
            account,
            [
                "/bin/sh", "-c", "printf '%s' \"$1\" >\"$2\"", "sh", account.plan.json(host.script),
                dropName(account),
            ])
    }

    func dropByCopy() {
        let account = newAccount("cp")
        let source = host.home + "/" + account.plan.token
        do {
            try FileTree.write(source, Array(account.plan.json(host.script).utf8))
        } catch { return ledger.tell(account, "not dropped: \(error)") }
        drop(account, ["/bin/cp", source, dropName(account)], input: source)
    }

    func dropByMove() {
        let account = newAccount("mv")
        let source = "\(host.spool)/tmp/chaos-\(account.plan.token)"
        do {
            try FileTree.write(source, Array(account.plan.json(host.script).utf8))
        } catch {
            FileTree.remove(source)
            return ledger.tell(account, "not dropped: \(error)")
        }
        drop(account, ["/bin/mv", source, dropName(account)], input: source)
    }
}

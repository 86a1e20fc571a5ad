/// One submission, by its token: what was asked for, what was acknowledged, and what was done to it since.
final class Account {
    let plan: JobPlan
    let route: String
    /// Of what a scheduler has submitted.
    let slot: Slot?
    /// How many slots before it its job was told were missed.
    var missed: Int?
    /// The id was told, or the file was completely in place.
    var isAcknowledged = false
    /// The id that the submissions of one key have been told.
    var answer: String?
    /// Submissions of its key that haven't ended. Meanwhile nobody takes its job away, which would free the key.
    var openSubmissions = 0
    /// Copies of it that were made by hand, as drop-ins.
    var certainCopies = 0
    var possibleCopies = 0
    /// What was withdrawn.
    var certainRemovals = 0
    var possibleRemovals = 0
    /// Files of it that were judged to be no jobs: halves of what was never acknowledged.
    var rejected = 0
    var events: [String] = []

    init(_ plan: JobPlan, route: String, slot: Slot? = nil) {
        self.plan = plan
        self.route = route
        self.slot = slot
    }
}

/// One job, by its id.
final class JobRecord {
    let id: String
    unowned let account: Account
    var isAcknowledged = false
    /// How often it may have been queued again after an end.
    var rounds = 0
    /// Whether somebody has, or may have, removed it.
    var mayBeRemoved = false
    /// Whether somebody has removed it before its end.
    var wasTaken = false
    /// The proof's sizes when a cancellation had been acknowledged.
    var cancellations: [Int] = []
    /// Exit codes that waiters got, and whether the spool was out of order meanwhile.
    var waits: [Int32] = []
    /// What its file said before it was cleaned away.
    var last: FoundJob?
    /// Whether it was copied by hand: copies of it may have the same log, which goes with the first of them.
    var wasCopied = false
    /// Actors that are at work on it.
    var inFlight = 0
    /// Copies of it that are being made by hand.
    var copiesInFlight = 0
    /// The cleaner has it: nobody else touches it any more.
    var isBeingCleaned = false

    init(_ id: String, _ account: Account) {
        self.id = id
        self.account = account
    }
}

/// Everything that was done, by whom, and what came of it. It never asks the program under test.
final class Ledger {
    private(set) var accounts: [String: Account] = [:]
    private(set) var records: [String: JobRecord] = [:]
    private(set) var violations: [(what: String, id: String?, token: String?)] = []
    let slots = SlotBook()
    private let note: (String) -> Void
    private var nextToken = 1

    init(note: @escaping (String) -> Void) {
        self.note = note
    }

    func makeToken() -> String {
        defer { nextToken += 1 }
        return "T\(nextToken)"
    }

    var submissions: Int { accounts.count }

    /// The accounts of slots, in their order, by the entry's name.
    var accountsOfSlots: [String: [(slot: Slot, account: Account)]] {
        let all = accounts.values.compactMap { account in account.slot.map { ($0, account) } }
        return Dictionary(grouping: all.sorted { $0.0.seconds < $1.0.seconds }) {
            $0.0.recurrence.name
        }
    }

    func open(_ plan: JobPlan, route: String) -> Account {
        let account = Account(plan, route: route)
        accounts[plan.token] = account
        tell(account, "submit by \(route)")
        return account
    }

    /// The job of an id; one that isn't known yet belongs to this token.
    ///
    /// - Parameter missed: what its job was told of slots before its own.
    func record(_ id: String, token: String, missed: Int? = nil) -> JobRecord? {
        let record = find(id, token)
        if let account = record?.account, account.slot != nil, let missed {
            if account.plan.token != token {
                violate("its slot is another one in its file and in its environment", id: id)
            }
            if account.missed ?? missed != missed {
                violate("it was told of \(account.missed ?? 0) and \(missed) missed", id: id)
            }
            account.missed = missed
        }
        return record
    }

    private func find(_ id: String, _ token: String) -> JobRecord? {
        if let record = records[id] { return record }
        guard let account = accounts[token] ?? openSlot(token) else { return nil }
        let record = JobRecord(id, account)
        records[id] = record
        return record
    }

    /// A slot's account begins when its job is seen first: that it is there is its acknowledgement.
    private func openSlot(_ token: String) -> Account? {
        guard let slot = slots.slot(token) else { return nil }
        let plan = JobPlan(token: token, slot.recurrence)
        let account = Account(plan, route: "a scheduler", slot: slot)
        account.isAcknowledged = true
        accounts[token] = account
        return account
    }

    func tell(_ account: Account, _ event: String) {
        account.events.append(event)
        note("\(account.plan.token) \(event)")
    }

    func tell(_ record: JobRecord, _ event: String) {
        tell(record.account, "\(record.id) \(event)")
    }

    func violate(_ what: String, id: String? = nil, token: String? = nil) {
        violations.append((what, id, token ?? id.flatMap { records[$0]?.account.plan.token }))
        note("VIOLATION \(id ?? "") \(token ?? "") \(what)")
    }
}

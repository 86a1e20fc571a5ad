/// One submission, by its token: what was asked for, what was acknowledged, and what was done to it since.
final class Account {
    let plan: JobPlan
    let route: String
    /// The id was told, or the file was completely in place.
    var isAcknowledged = false
    /// Copies of it that were made by hand, as drop-ins.
    var certainCopies = 0
    var possibleCopies = 0
    /// What was withdrawn.
    var certainRemovals = 0
    var possibleRemovals = 0
    /// Files of it that were judged to be no jobs: halves of what was never acknowledged.
    var rejected = 0
    var events: [String] = []

    init(_ plan: JobPlan, route: String) {
        self.plan = plan
        self.route = route
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
    /// The proof's sizes when a cancellation had been acknowledged.
    var cancellations: [Int] = []
    /// Exit codes that waiters got, and whether the spool was out of order meanwhile.
    var waits: [Int32] = []
    /// What its file said before it was cleaned away.
    var last: FoundJob?
    /// Actors that are at work on it.
    var inFlight = 0
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

    func open(_ plan: JobPlan, route: String) -> Account {
        let account = Account(plan, route: route)
        accounts[plan.token] = account
        tell(account, "submit by \(route)")
        return account
    }

    /// The job of an id; one that isn't known yet belongs to this token.
    func record(_ id: String, token: String) -> JobRecord? {
        if let record = records[id] { return record }
        guard let account = accounts[token] else { return nil }
        let record = JobRecord(id, account)
        records[id] = record
        return record
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

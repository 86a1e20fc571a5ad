/// The subjects that one measurement compares: the program itself, others, and the least that the work can cost.
struct Measurement {
    /// For `--only`.
    let name: String
    let title: String
    let unit: String
    let isMoreBetter: Bool
    /// Whether the slowest matter as well.
    let showsTail: Bool
    /// If one turn is too short for a clock, `Subject.samples` alone does more of the same in it.
    let subjects: [BenchSubject]

    init(
        _ name: String, _ title: String, unit: String, isMoreBetter: Bool,
        showsTail: Bool = false, _ subjects: [BenchSubject]
    ) {
        self.name = name
        self.title = title
        self.unit = unit
        self.isMoreBetter = isMoreBetter
        self.showsTail = showsTail
        self.subjects = subjects
    }
}

/// One contestant of a measurement.
struct BenchSubject {
    enum Role: String, Encodable {
        case spool
        case peer
        /// The same work with nothing but system calls, or the part of it that nobody can leave out.
        case limit
    }

    let name: String
    let role: Role
    /// The accidents that its work survives: `sync: full`, or a peer's own word for it; empty if nothing is written.
    let durability: String
    /// The programs that it needs; the first that isn't there is named as missing.
    let needs: [String]
    /// One turn: one or more figures in the unit of the measurement.
    let samples: () throws -> [Double]

    init(
        _ name: String, _ role: Role, durability: String = "", needs: [String] = [],
        _ samples: @escaping () throws -> [Double]
    ) {
        self.name = name
        self.role = role
        self.durability = durability
        self.needs = needs
        self.samples = samples
    }
}

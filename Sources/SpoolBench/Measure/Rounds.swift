import SpoolSystem

/// Gives every subject of every measurement a turn in each round, in a new order each time. Anything else that the
/// machine does then disturbs all alike.
struct Rounds {
    let measurements: [Measurement]
    let count: Int
    let seed: UInt64
    /// Whether a program is there.
    let isInstalled: (String) -> Bool
    /// The preparation of each round; nothing of it is measured.
    let prepare: () -> Void
    let say: (String) -> Void

    func run() -> [MeasurementResult] {
        var results = measurements.map { MeasurementResult($0) }
        var random = Shuffle(state: seed)
        var turns = measurements.indices.flatMap { index in
            measurements[index].subjects.indices.map { (index, $0) }
        }
        for (index, subject) in turns {
            let missing = measurements[index].subjects[subject].needs.first { !isInstalled($0) }
            results[index].subjects[subject].missing = missing
        }
        for round in 1...count {
            turns.shuffle(using: &random)
            prepare()
            say("round \(round) of \(count)")
            for (index, subject) in turns {
                take(measurements[index].subjects[subject], &results[index].subjects[subject])
            }
        }
        return results
    }

    private func take(_ subject: BenchSubject, _ result: inout SubjectResult) {
        guard result.missing == nil else { return }
        do {
            result.samples += try subject.samples()
        } catch {
            // It may succeed in the next round; the report says what happened.
            result.failures.append("\(error)")
            say("\(subject.name): \(error)")
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct Shuffle: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The results of a measurement.
struct MeasurementResult {
    let measurement: Measurement
    var subjects: [SubjectResult]

    init(_ measurement: Measurement) {
        self.measurement = measurement
        subjects = measurement.subjects.map { SubjectResult(subject: $0) }
    }

    /// The best median of the subjects with a role.
    func best(_ role: BenchSubject.Role, where isMeant: (BenchSubject) -> Bool = { _ in true })
        -> Double?
    {
        let medians = subjects.filter { $0.subject.role == role && isMeant($0.subject) }
            .compactMap(\.statistics?.median)
        return measurement.isMoreBetter ? medians.max() : medians.min()
    }

    /// The most that a subject could reach: by the same promise, if that was measured.
    func limit(for subject: BenchSubject) -> Double? {
        best(.limit) { $0.durability == subject.durability } ?? best(.limit)
    }
}

struct SubjectResult {
    let subject: BenchSubject
    var samples: [Double] = []
    var failures: [String] = []
    /// The program that it lacks.
    var missing: String?

    init(subject: BenchSubject) { self.subject = subject }

    var statistics: Statistics? { Statistics(samples) }
}

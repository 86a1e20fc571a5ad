import Spool
import SpoolSystem

/// Holds everything in a spool against spool-format(5), and mends what can be mended without loss.
///
/// It may run at any time, beside workers. A fault that seems to be there is looked at again before it is reported.
/// Waiting jobs are never locked for a look. Mending goes through the same locks and renames as everything else.
/// Nothing of a job is ever removed.
public struct SpoolCheck {
    private let spool: SpoolDirectory
    private var storage: Storage { spool.storage }
    private let areas: [any CheckArea.Type]

    /// - Parameter more: areas that belong to other parts of the system.
    package init(_ spool: SpoolDirectory, more: [any CheckArea.Type]) {
        self.spool = spool
        areas = SpoolCheck.areas + more
    }

    public init(_ spool: SpoolDirectory) {
        self.init(spool, more: [])
    }

    /// In order: an area may need the ids that an earlier one collects.
    private static var areas: [any CheckArea.Type] {
        [
            LayoutCheck.self, MoveCheck.self, PlaceCheck.self, DuplicateCheck.self,
            WorkerCheck.self, LeftoverCheck.self, LogCheck.self, HistoryCheck.self,
            ScheduleCheck.self, KeyCheck.self,
        ]
    }

    /// How often repairing begins anew: one mend may bring to light the need of another one.
    private static let roundLimit = 10

    /// Reports the faults that are found, and in the end those that are left.
    ///
    /// - Parameters:
    ///   - isRepairing: first mend what can be mended, and report each mend.
    ///   - report: gets every finding; an error that it throws ends the check.
    /// - Returns: how many files could not be judged yet, as they are less than a minute old or are being written.
    /// - Throws: the error that `report` throws. A file that can't be read is a finding.
    @discardableResult
    public func run(
        isRepairing: Bool = false, report: (SpoolCheck.Finding) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int {
        var failures: [String: String] = [:]
        if isRepairing {
            for _ in 0..<SpoolCheck.roundLimit {
                let round = try pass(isRepairing: true, failures: [:], report)
                failures = round.failures
                if !round.hasMended { break }
            }
            try onPath(storage.path, "syncfs") { () throws(Errno) in
                try storage.root.syncFileSystem()
            }
        }
        return try pass(isRepairing: false, failures: failures, report).unjudgedCount
    }

    private func pass(
        isRepairing: Bool, failures: [String: String], _ report: CheckReport
    ) throws(SpoolError) -> CheckContext {
        let context = CheckContext(spool, isRepairing: isRepairing, failures: failures)
        for type in areas {
            let area = type.init(context)
            do throws(SpoolError) {
                try area.check(report)
            } catch {
                if context.hasLostItsReader { throw error }
                try context.found(
                    Fault(.unreadable, area.name, "can't be checked: \(error.fact)"), report)
            }
        }
        return context
    }
}

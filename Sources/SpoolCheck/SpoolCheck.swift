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
    private let areas: [CheckArea]

    /// - Parameter more: areas that belong to other parts of the system.
    package init(_ spool: SpoolDirectory, more: [CheckArea]) {
        self.spool = spool
        areas = CheckArea.table + more
    }

    public init(_ spool: SpoolDirectory) {
        self.init(spool, more: [])
    }

    /// How often repairing begins anew: one mend may bring to light the need of another one.
    private static let roundLimit = 10

    /// Reports the faults that are found, and in the end those that are left.
    ///
    /// - Parameters:
    ///   - isRepairing: first mend what can be mended, and report each mend.
    ///   - report: gets every finding; an error that it throws ends the check.
    /// - Throws: the error that `report` throws. A file that can't be read is a finding.
    public func run(
        isRepairing: Bool = false, report: (SpoolCheck.Finding) throws(SpoolError) -> Void
    ) throws(SpoolError) {
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
        _ = try pass(isRepairing: false, failures: failures, report)
    }

    private func pass(
        isRepairing: Bool, failures: [String: String],
        _ report: (SpoolCheck.Finding) throws(SpoolError) -> Void
    ) throws(SpoolError) -> CheckPass {
        let pass = CheckPass(spool, isRepairing: isRepairing, failures: failures)
        for area in areas {
            do throws(SpoolError) {
                try area.check(pass, report)
            } catch {
                if pass.hasLostItsReader { throw error }
                try pass.found(
                    Fault(.unreadable, area.name, "can't be checked: \(error.fact)"), report)
            }
        }
        return pass
    }
}

/// A part of the spool that can be checked by itself.
package struct CheckArea: Sendable {
    package typealias Report = (SpoolCheck.Finding) throws(SpoolError) -> Void

    /// A directory, for messages.
    package let name: String
    package let check: @Sendable (CheckPass, Report) throws(SpoolError) -> Void

    package init(
        _ name: String,
        check: @escaping @Sendable (CheckPass, Report) throws(SpoolError) -> Void
    ) {
        self.name = name
        self.check = check
    }

    /// In order: an area may need the ids that an earlier one collects.
    package static let table: [CheckArea] = [
        CheckArea(".") { pass, report throws(SpoolError) in try pass.checkLayout(report) },
        CheckArea("tmp") { pass, report throws(SpoolError) in try pass.checkMoves(report) },
        CheckArea("jobs") { pass, report throws(SpoolError) in try pass.checkPlaces(report) },
        CheckArea("jobs") { pass, report throws(SpoolError) in try pass.checkDuplicates(report) },
        CheckArea("workers") { pass, report throws(SpoolError) in try pass.checkWorkers(report) },
        CheckArea("tmp") { pass, report throws(SpoolError) in try pass.checkLeftovers(report) },
        CheckArea("logs") { pass, report throws(SpoolError) in try pass.checkLogs(report) },
        CheckArea("history") { pass, report throws(SpoolError) in try pass.checkHistory(report) },
        CheckArea("state") { pass, report throws(SpoolError) in try pass.checkSchedules(report) },
    ]
}

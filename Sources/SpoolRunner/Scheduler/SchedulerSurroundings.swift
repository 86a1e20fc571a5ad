import Spool
import SpoolSchedule
import SpoolSystem

/// The world around an engine: tests have another one.
package struct SchedulerSurroundings {
    package var rules: () throws(SpoolError) -> CrontabRules
    /// Nanoseconds of a clock that is never set, and doesn't count the time the machine sleeps.
    package var monotonic: () -> Int64
    package var bootID: String
    package var report: (String) -> Void
    package var interrupt: (SlotStep) throws(SpoolError) -> Void

    package init(report: @escaping (String) -> Void) {
        rules = { () throws(SpoolError) in try CrontabRules.ofThisMachine() }
        monotonic = Clock.monotonic
        bootID = Host.bootID
        self.report = report
        interrupt = { _ in }
    }
}

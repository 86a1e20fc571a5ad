import Spool
import SpoolSchedule

/// `spool cron explain`.
enum ExplanationView {
    static func show(
        _ result: ExplainedSchedule, isJSON: Bool, _ console: Console
    ) throws(SpoolError) {
        if isJSON { return try console.print(try JSONText.line(result)) }
        try console.print(result.explanation)
        for warning in result.warnings { console.say("warning: \(warning)") }
    }
}

/// `spool cron next`.
enum NextView {
    static func show(_ slot: NextSlot, isJSON: Bool, _ console: Console) throws(SpoolError) {
        try console.print(isJSON ? try JSONText.line(slot) : slot.slot)
    }

    /// Says why there are fewer slots than were asked for.
    ///
    /// - Returns: the exit status.
    static func end(_ result: NextResult, _ console: Console) -> Int32 {
        guard result.isShort else { return ExitStatus.success }
        let schedule = result.schedule
        let text = schedule.expression.text
        if result.count > 0 {
            console.say("`\(text)`: no more slots after these")
            return ExitStatus.success
        }
        console.say(
            schedule.expression.kind == .reboot
                ? "`@reboot` has no next slot: it is due once after each boot"
                : "`\(text)`: no slot after \(ZonedTime(result.after, in: schedule.zone)) in"
                    + " \(schedule.zone.name)")
        return ExitStatus.negative
    }
}

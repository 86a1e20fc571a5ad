/// Something that people do with a spool, to be cut off everywhere.
struct Scenario: Sendable {
    enum Step: Sendable {
        /// A program that is started and waited for. `$1` is the id of the first job of the
        /// beginning, `$job1` a job file, `$command` a command.
        case run([String])
        /// A program that is started.
        case start([String])
        /// A submission whose sync of incoming/ waits until so many commands have begun: a worker that is started
        /// next is quicker. Where no calls are recorded, a program that is started.
        case startOvertaken([String], begun: Int)
        /// Until a job's command has begun, or can't any more.
        case untilBegun
        /// Somebody else makes a directory of the spool, and syncs nothing. `$today` is the day in UTC.
        case makeDirectory(String)
    }

    let name: String
    /// Makes the beginning, with programs that nothing disturbs.
    let setUp: @Sendable (ScenarioFixture) throws -> Void
    let steps: [Step]
    /// Programs that bring to an end what a cut-off step would have: a command that waits to be cancelled.
    var aftermath: [[String]] = []
    /// How often a command may begin, all told, for each job, where that is more than its `max_attempts`.
    var begins = 1
    /// Whether the power was cut. The start of a job that may be tried again isn't synced, so it may be forgotten, and
    /// its number used again.
    var isCut = false
    /// Where the jobs may lie in the end.
    var ends: Set<String> = ["done", "failed"]
    /// Whether jobs may be gone in the end, as their removal was asked for.
    var mayVanish = false
    /// Whether a file in dead-letter/ that isn't a job is the aim.
    var rejects = false
    /// Whether a job may be in dead-letter/ as it couldn't be read.
    var acceptsRejection = false
    /// Whether it sets duplicates aside, whose reasons aren't synced and may be lost in a cut.
    var mayForgetReasons = false
    /// Whether one was, or was swept.
    var mayLackReasons = false
    /// How far the clock is ahead of the one that dates the files, so that what lies in tmp/ is old.
    var secondsAhead = 0
    /// The days of the slots of the crontab's entry: each must have made one job, and no other day.
    var slots: Set<String> = []
    /// Whether such a day may be without its job, as nobody knows since when the entry is there.
    var mayMissSlots = false
    /// Keys, each of which one job has in the end, and no two have had at once.
    var keys: Set<String> = []
    /// Each must be the text of the crontab in the end, or a former one that is kept.
    var crontabs: Set<String> = []
}

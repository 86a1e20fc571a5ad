/// A field of a request that messages name: the label of an initialiser's parameter, or of a job or its placement. A
/// front that has other words for them, as the command line has options, hands its own to the `Context`.
package enum RequestField: String, CaseIterable, Sendable {
    // Of a job and its placement.
    case due, priority, queue
    case expires
    case notBefore = "not_before"
    // Of a choice of jobs. The queue is the last one where `queue` is the new one.
    case isOfAll = "is_of_all"
    case name, project, states, tags
    case fromQueue = "from_queue"
    // Of jobs of one name.
    case isAll = "is_all"
    case number
    // Of logs.
    case attempt, follows, lines, streams
    // Of workers.
    case offers, queues, slots
    // Of what is removed.
    case age
    case historyAge = "history_age"
    // Of schedules and crontabs.
    case dayMatch = "day_match"
    case firstSeen = "first_seen"
    case seconds, user, zone
    // Of every request.
    case directory
}

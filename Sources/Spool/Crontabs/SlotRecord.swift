import SpoolTime

/// The decision about a slot: the content of its marker in state/slots/.
///
/// Figures go on from one record of an entry to the next. The newest record therefore tells the entry's story.
public struct SlotRecord: Codable, Hashable, Sendable {
    public enum Decision: String, Codable, Sendable, CaseIterable {
        /// A job was made.
        case enqueued
        /// An earlier job of the entry was still there.
        case skipped
        /// It was too late, or not to be caught up.
        case missed
    }

    /// The entry's name.
    public var entry: String
    public var slot: Instant
    public var decision: Decision
    /// When it was decided.
    public var at: Instant
    /// The newest job of the entry, and its slot.
    public var job: JobID?
    public var jobSlot: Instant?
    /// From that slot to the decision about it.
    public var delay: TimeSpan?
    /// Jobs that were made so far.
    public var runs = 0
    /// Slots that were too late or not caught up.
    public var missed = 0
    /// Slots that found an earlier job still there.
    public var skipped = 0
    /// How many of the jobs were seen to have ended in which state.
    public var outcomes: [String: Int] = [:]
    /// The slot of the newest job that was seen to have completed.
    public var lastSuccess: Instant?
    /// Jobs of the entry that may not have ended yet, oldest first; the newest job is among them always.
    public var pending: [PendingJob] = []

    // For an enqueued slot, the work that is left if its scheduler dies.

    /// The name of the job's file in tmp/.
    var file: String?
    /// The path below the spool to which that file goes.
    var target: String?
    /// Jobs that must end before it goes there.
    package var waitsFor: [JobID]?
    /// Jobs that it takes the place of.
    package var replaces: [JobID]?

    private enum CodingKeys: String, CodingKey {
        case entry, slot, decision, at, job, delay, runs, missed, skipped, outcomes, pending
        case jobSlot = "job_slot"
        case lastSuccess = "last_success"
        case file, target
        case waitsFor = "waits_for"
        case replaces
    }

    /// Whether its job waits for others to end.
    package var waits: Bool { waitsFor?.isEmpty == false }

    /// The next record of an entry.
    ///
    /// - Parameter previous: the newest there is; nil: this is the first.
    package init(
        _ decision: Decision, entry: String, slot: Instant, at: Instant, after previous: SlotRecord?
    ) {
        self.entry = entry
        self.slot = slot
        self.decision = decision
        self.at = at
        job = previous?.job
        jobSlot = previous?.jobSlot
        delay = previous?.delay
        runs = previous?.runs ?? 0
        missed = previous?.missed ?? 0
        skipped = previous?.skipped ?? 0
        outcomes = previous?.outcomes ?? [:]
        lastSuccess = previous?.lastSuccess
        pending = previous?.pending ?? []
    }
}

/// A job of an entry, as a later slot of the entry looks for it.
public struct PendingJob: Codable, Hashable, Sendable {
    public var id: JobID
    public var slot: Instant
    /// The path below the spool at which it was seen last: it most likely still is there.
    public var path: String

    package init(id: JobID, slot: Instant, path: String) {
        self.id = id
        self.slot = slot
        self.path = path
    }
}

extension HistoryLine {
    /// Tells that a slot runs nothing, and why.
    init(_ record: SlotRecord, at now: Instant) {
        self.init(time: now, verb: record.decision == .skipped ? "skip" : "miss")
        name = record.entry
        note =
            record.decision == .skipped
            ? "the slot \(record.slot): an earlier job is still there"
            : "the slot \(record.slot) came too late; \(record.missed) missed so far"
    }
}

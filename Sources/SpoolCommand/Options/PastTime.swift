import Spool
import SpoolSystem
import SpoolTime

/// Says that a time has passed, which is most likely a mistake; with `--strict` it is one.
struct PastTimes {
    static let option = Option("strict", nil, nil, "refuse a time that has passed")

    let isStrict: Bool
    private let context: Context

    init(isStrict: Bool, _ context: Context) {
        self.isStrict = isStrict
        self.context = context
    }

    /// - Parameters:
    ///   - name: of the time, as the message has it.
    ///   - instant: nil: no time is named.
    ///   - consequence: what comes of it.
    func check(
        _ name: String, _ instant: Instant?, now: Instant, _ consequence: String
    ) throws(SpoolError) {
        guard let instant, now - instant > PastTimes.tolerance else { return }
        let text = "\(name) \(instant) has passed, \(Ago.text(now - instant)) ago"
        if isStrict { throw SpoolError(.invalidJob, text) }
        context.remark("\(text): \(consequence)")
    }

    /// The same of the times of one job that is asked for.
    func check(_ job: Job, now: Instant) throws(SpoolError) {
        // A job with a delay isn't due before that, either.
        if job.delay == nil {
            try check(
                context.word(.notBefore), job.notBefore, now: now, "the job is ready at once")
        }
        if case .at(let end)? = job.expires {
            try check(context.word(.expires), end, now: now, "the job never starts")
        }
    }

    /// The same of the times of jobs that are submitted together: of the first of each kind.
    func check(_ jobs: [Job]) throws(SpoolError) {
        let now = Instant(nanoseconds: Clock.realtime())
        func isPast(_ instant: Instant?) -> Bool {
            instant.map { now - $0 > PastTimes.tolerance } ?? false
        }
        func more(_ count: Int) -> String {
            count > 1 ? "; so it is in \(MessageText.count(count - 1, "more job"))" : ""
        }
        func which(_ index: Int?) -> String {
            guard let index, jobs.count > 1 else { return "" }
            return "job \(index + 1) of \(jobs.count): "
        }
        let starts = jobs.indices.filter { jobs[$0].delay == nil && isPast(jobs[$0].notBefore) }
        try check(
            which(starts.first) + "\"not_before\"", starts.first.flatMap { jobs[$0].notBefore },
            now: now, "the job is ready at once" + more(starts.count))
        let ends: [(index: Int, time: Instant)] = jobs.indices.compactMap { index in
            if case .at(let end)? = jobs[index].expires, isPast(end) { (index, end) } else { nil }
        }
        try check(
            which(ends.first?.index) + "\"expires\"", ends.first?.time, now: now,
            "the job never starts" + more(ends.count))
    }

    /// A person who writes "now" doesn't see to the last second.
    private static var tolerance: TimeSpan { .seconds(2) }
}

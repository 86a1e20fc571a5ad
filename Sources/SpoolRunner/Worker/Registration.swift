import Spool

/// A worker's file in workers/, by which others see that it lives.
final class Registration {
    private let context: WorkerContext
    private var registration: WorkerRegistration?

    init(_ context: WorkerContext) {
        self.context = context
    }

    var isMade: Bool { registration != nil }

    func make(isDraining: Bool) throws(SpoolError) {
        let (settings, options) = (context.settings, context.options)
        registration = try WorkerRegistry(context.storage).register(
            WorkerRecord(
                id: context.id, slots: settings.slots, queues: settings.queues,
                offers: settings.offers, isTransient: options.idleLimit != nil,
                isDaemon: options.schedules, hasFixedSlots: options.slots != nil,
                isDraining: isDraining, startedAt: context.storage.now()))
    }

    /// Registers anew; where that fails, the worker goes on without.
    func makeAgain(isDraining: Bool) {
        context.failures.attempt(.work("workers")) { () throws(SpoolError) in
            try make(isDraining: isDraining)
        }
    }

    /// Registers anew if somebody has taken the file away. If it was moved with its directory, that is made again. After
    /// a removal of the directory it isn't: the whole spool may be about to go.
    func makeAgainIfGone(isDraining: Bool) {
        guard let registration else { return }
        context.failures.attempt(.work("workers")) { () throws(SpoolError) in
            switch try registration.whereabouts() {
            case .inPlace: return
            case .movedAway: try context.storage.makeDirectory("workers")
            case .removed: guard try context.storage.isThere("workers") else { return }
            }
            try make(isDraining: isDraining)
        }
    }

    /// Clients must not count on this worker any more.
    func drain() {
        context.failures.attempt(.work("workers")) { () throws(SpoolError) in
            try registration?.drain()
        }
    }

    func withdraw() {
        registration?.withdraw()
        registration = nil
    }
}

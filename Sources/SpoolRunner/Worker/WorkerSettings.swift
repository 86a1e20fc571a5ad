import Spool
import SpoolSystem
import SpoolTime

/// How a worker works: from its options, else from `settings.json` in the spool, else from the machine.
package struct WorkerSettings: Sendable, Equatable {
    /// How many jobs run at once.
    package var slots: Int
    /// nil: all queues.
    package var queues: [String]?
    /// Capabilities, for jobs with `requires`.
    package var offers: [String]
    /// Between two signs of life of a runner.
    package var heartbeat: TimeSpan
    /// Between two looks at everything that also happen when nothing was reported.
    package var rescan: TimeSpan
    /// While commands take less, jobs are claimed before there are slots for them.
    package var prefetchBelow: TimeSpan
    /// For commands whose jobs give no environment.
    package var commands: CommandDefaults

    package init(
        slots: Int = defaultSlots, queues: [String]? = nil, offers: [String] = [],
        heartbeat: TimeSpan = .seconds(5), rescan: TimeSpan = .seconds(300),
        prefetchBelow: TimeSpan = .milliseconds(20), commands: CommandDefaults = .own()
    ) {
        self.slots = slots
        self.queues = queues
        self.offers = offers
        self.heartbeat = heartbeat
        self.rescan = rescan
        self.prefetchBelow = prefetchBelow
        self.commands = commands
    }

    /// The numbers of slots that a worker may have.
    package static let possibleSlots = WorkerRecord.possibleSlots
    /// One for each processor, as far as so many are possible.
    package static let defaultSlots = min(ProcessorCount.online, possibleSlots.upperBound)

    /// - Parameter queue: nil: the default one.
    func serves(_ queue: String?) -> Bool { queues?.contains(queue ?? Job.defaultQueue) ?? true }

    var offer: WorkerOffer {
        WorkerOffer(slots: slots, capabilities: Set(offers + ["host=\(Host.name)"]))
    }
}

/// `settings.json`: the settings of all workers of a spool that have no options of their own.
package struct SettingsFile: Decodable, Sendable {
    package var slots: Int?
    package var queues: [String]?
    package var offers: [String]?
    package var heartbeat: TimeSpan?
    package var rescan: TimeSpan?
    package var prefetchBelow: TimeSpan?
    package var umask: Job.FileMask?
    package var env: [String: String]?

    package static let name = "settings.json"
    /// In bytes.
    package static let sizeLimit = 1 << 16

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case slots, queues, offers, heartbeat, rescan
        case prefetchBelow = "prefetch_below"
        /// The former name of that.
        case brisk
        case umask, env
    }

    package init() {}

    package init(from decoder: any Decoder) throws {
        let fields = try FieldNames.checkedContainer(of: decoder, keyedBy: CodingKeys.self)
        slots = try fields.decodeIfPresent(Int.self, forKey: .slots)
        queues = try fields.decodeIfPresent([String].self, forKey: .queues)
        offers = try fields.decodeIfPresent([String].self, forKey: .offers)
        heartbeat = try fields.decodeIfPresent(TimeSpan.self, forKey: .heartbeat)
        rescan = try fields.decodeIfPresent(TimeSpan.self, forKey: .rescan)
        let prefetchKey = fields.contains(.brisk) ? CodingKeys.brisk : .prefetchBelow
        guard prefetchKey == .prefetchBelow || !fields.contains(.prefetchBelow) else {
            throw DecodingError.dataCorruptedError(
                forKey: .brisk, in: fields,
                debugDescription: "it is called prefetch_below now, which is there too: remove one")
        }
        prefetchBelow = try fields.decodeIfPresent(TimeSpan.self, forKey: prefetchKey)
        umask = try fields.decodeIfPresent(Job.FileMask.self, forKey: .umask)
        env = try fields.decodeIfPresent([String: String].self, forKey: .env)
    }

    /// Reads the file of a spool; one that isn't there says nothing.
    package static func read(_ spool: SpoolDirectory) throws(SpoolError) -> SettingsFile {
        guard let bytes = try spool.storage.contents(of: name, limit: sizeLimit) else {
            return SettingsFile()
        }
        do {
            let file = try JSONText.decode(SettingsFile.self, from: bytes, .settings)
            try file.validate()
            return file
        } catch {
            throw SpoolError(.invalidJob, "\(spool.path)/\(name): \(error.message)")
        }
    }

    private func validate() throws(SpoolError) {
        let range = WorkerSettings.possibleSlots
        if let slots, !range.contains(slots) {
            throw SpoolError(
                .invalidJob,
                "\"slots\" is \(slots); \(range.lowerBound) to \(range.upperBound) are possible")
        }
        if queues?.isEmpty == true {
            throw SpoolError(
                .invalidJob, "\"queues\" names none; leave it out, and the worker serves all")
        }
        for queue in queues ?? [] where !NameRule.isName(queue) {
            throw SpoolError(.invalidJob, "\"queues\": \"\(queue)\": \(NameRule.advice)")
        }
        for offer in offers ?? [] where !NameRule.isCapability(offer) {
            throw SpoolError(.invalidJob, "\"offers\": \"\(offer)\": \(NameRule.advice)")
        }
        for (name, value) in [("heartbeat", heartbeat), ("rescan", rescan)] {
            guard let value, !(TimeSpan.milliseconds(100)...TimeSpan.seconds(3600)).contains(value)
            else { continue }
            throw SpoolError(.invalidJob, "\"\(name)\" is \(value); 100ms to 1h are possible")
        }
        if let prefetchBelow, !(TimeSpan.zero...TimeSpan.seconds(10)).contains(prefetchBelow) {
            throw SpoolError(
                .invalidJob, "\"prefetch_below\" is \(prefetchBelow); 0s to 10s are possible")
        }
        try VariableRule.check(env, namesDirectory: false)
    }

    /// Fills in what `settings` doesn't say itself.
    ///
    /// - Parameter options: what the command line said, which wins.
    package func applied(to options: WorkerOptions) -> WorkerSettings {
        var commands = CommandDefaults.own()
        commands.mask = umask
        for (name, value) in env ?? [:] { commands.environment.set(value, exactly: name) }
        return WorkerSettings(
            slots: options.slots ?? slots ?? WorkerSettings.defaultSlots,
            queues: options.queues ?? queues, offers: options.offers ?? offers ?? [],
            heartbeat: heartbeat ?? .seconds(5), rescan: rescan ?? .seconds(300),
            prefetchBelow: prefetchBelow ?? .milliseconds(20), commands: commands)
    }
}

/// The options of a worker's command line.
package struct WorkerOptions: Sendable {
    package var slots: Int?
    package var queues: [String]?
    package var offers: [String]?
    /// On SIGTERM: wait for the running jobs.
    package var drains = false
    /// End when nothing is left to run.
    package var untilEmpty = false
    /// End after this long without work, unless something is scheduled or recurs; nil: never.
    package var idleLimit: TimeSpan?
    /// Have a scheduler beside the worker, in a process of its own.
    package var schedules = false

    package init() {}
}

extension JSONText.Kind {
    package static let settings = JSONText.Kind(
        "settings are one JSON object such as {\"slots\": 4}, or {} for none")
}

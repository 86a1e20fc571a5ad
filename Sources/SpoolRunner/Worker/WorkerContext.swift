import Spool
import SpoolSystem

/// The context that the parts of a worker share.
final class WorkerContext {
    /// The events that the worker's loop waits for.
    enum Source: RawRepresentable {
        case signals, directory, due, soon, rescan, scheduler
        /// The process of a runner, and its channel.
        case process(RunnerID)
        case channel(RunnerID)

        private static let others: [Source] = [
            .signals, .directory, .due, .soon, .rescan, .scheduler,
        ]

        init?(rawValue: UInt64) {
            let count = UInt64(Source.others.count)
            guard rawValue >= count else {
                self = Source.others[Int(rawValue)]
                return
            }
            let id = RunnerID(number: (rawValue - count) / 2)
            self = (rawValue - count).isMultiple(of: 2) ? .process(id) : .channel(id)
        }

        var rawValue: UInt64 {
            switch self {
            case .signals: 0
            case .directory: 1
            case .due: 2
            case .soon: 3
            case .rescan: 4
            case .scheduler: 5
            case .process(let id): 6 + 2 * id.number
            case .channel(let id): 7 + 2 * id.number
            }
        }

        var isRunner: Bool {
            switch self {
            case .process, .channel: true
            default: false
            }
        }
    }

    let spool: SpoolDirectory
    var storage: Storage { spool.storage }
    let options: WorkerOptions
    let id: String
    /// Tells people what goes on.
    let report: (String) -> Void
    private(set) var settings: WorkerSettings
    /// The fault of the settings' file, once it has been told.
    private var settingsFault: String?
    let loop: EventLoop<Source>
    let reminders: Reminders
    let failures: Failures
    /// When this worker's last sync of running/ began that has succeeded, by the monotonic clock. Runners see it, as the
    /// ends that they had recorded before that are durable.
    let lastSync: SharedCounter

    /// How long the worker does one kind of work of which there may be much before it looks at the others, in
    /// nanoseconds.
    static let timeSlice: Int64 = 2_000_000
    /// How many jobs that can't be claimed it tries before it looks at other work.
    static let busyLimit = 100

    init(
        _ spool: SpoolDirectory, _ options: WorkerOptions, report: @escaping (String) -> Void
    ) throws(SpoolError) {
        self.spool = spool
        self.options = options
        self.report = report
        id = spool.storage.ids.make(at: spool.storage.now()).description
        settings = try SettingsFile.read(spool).applied(to: options)
        _ = CommandDefaults.own(leftOut: report)
        do throws(Errno) {
            loop = try EventLoop()
            reminders = try Reminders()
            lastSync = try SharedCounter()
            try loop.watch(reminders.number, as: .soon)
        } catch {
            throw SpoolError(error, "epoll, timerfd or mmap", spool.path)
        }
        failures = Failures(spool.path, reminders, report: report)
    }

    // MARK: Settings

    func readSettings() throws(SpoolError) {
        settings = try SettingsFile.read(spool).applied(to: options)
    }

    func report(badSettings error: SpoolError) {
        report("\(error.message); the settings stay as they were")
    }

    /// Whether the file says something else than what is in force.
    func haveSettingsChanged() -> Bool {
        do throws(SpoolError) {
            let new = try SettingsFile.read(spool).applied(to: options)
            settingsFault = nil
            return new != settings
        } catch {
            // It may stay so for long.
            if settingsFault != error.message {
                settingsFault = error.message
                report(badSettings: error)
            }
            return false
        }
    }
}

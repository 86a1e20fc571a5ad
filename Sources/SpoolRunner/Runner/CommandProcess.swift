import Spool
import SpoolSystem

/// A job's command: its process, which leads a process group, and the pipes that it writes to.
final class CommandProcess: AttemptBody {
    /// A command that waits for its release, and the files that it inherits.
    private struct Prepared: ~Copyable {
        let suspended: SuspendedProcess
        let output: Descriptor
        let error: Descriptor
        let input: Descriptor

        consuming func release() -> ReleasedCommand {
            let command = suspended.release()
            // Only the command and its descendants hold the writing ends now, so that their end is ours to see.
            _ = consume output
            _ = consume error
            return command
        }
    }

    private let locked: LockedJob
    private let context: RunnerContext
    private var setup: CommandSetup?
    private var prepared: Prepared?
    private var released: ReleasedCommand?
    private var group: CommandGroup?
    /// Whether this process had any child when it last looked.
    private var hasChildren = false
    /// Reading ends of the pipes that may still be written to.
    private(set) var outputs: [(stream: LogFormat.Stream, descriptor: CInt)] = []

    init(_ locked: LockedJob, _ context: RunnerContext) {
        self.locked = locked
        self.context = context
    }

    // MARK: Start

    func prepare() throws(StartProblem) -> ProcessIdentity? {
        try requireHandler()
        let input = try openInput()
        do throws(Errno) {
            return try prepare(input: input)
        } catch {
            throw .passing("\(error)")
        }
    }

    private func requireHandler() throws(StartProblem) {
        let job = locked.job
        let fault: String?
        do throws(SpoolError) {
            fault =
                job.command == nil
                ? try Ownership(context.storage).handlerFault(job.type ?? "") : nil
        } catch {
            // Nothing is known of the handler then, so nothing against the job.
            throw .passing(error.message)
        }
        if let fault { throw StartProblem("can't run \(fault)", exitCode: 126) }
    }

    private func openInput() throws(StartProblem) -> Descriptor {
        do throws(SpoolError) {
            return try locked.job.openStandardInput(orNothing: context.null)
        } catch {
            // A shortage isn't the job's fault.
            if error.concernsAll { throw .passing(error.message) }
            throw StartProblem(error.message, exitCode: nil)
        }
    }

    private func prepare(input: consuming Descriptor) throws(Errno) -> ProcessIdentity? {
        let output = try BareDescriptor.pipe()
        let outputEnd = Descriptor(owning: output.write)
        outputs.append((.output, output.read))
        let error = try BareDescriptor.pipe()
        let errorEnd = Descriptor(owning: error.write)
        outputs.append((.error, error.read))
        for (_, descriptor) in outputs { try BareDescriptor(descriptor).setNonBlocking() }

        let setup = CommandSetup(
            locked.job, at: locked.location, spoolPath: context.storage.presentPath(),
            defaults: context.defaults)
        let suspended = try SuspendedProcess(
            setup, input: input, output: outputEnd, error: errorEnd)
        group = CommandGroup(of: suspended.pid, context.loop)
        self.setup = setup
        for (stream, descriptor) in outputs {
            try context.loop.watch(descriptor, as: stream == .output ? .output : .error)
        }
        let identity = suspended.identity
        prepared = Prepared(
            suspended: suspended, output: outputEnd, error: errorEnd, input: input)
        return identity
    }

    func release() { released = prepared.take()?.release() }

    func abandon() { prepared = nil }

    func startProblem() -> StartProblem? {
        guard let failure = released.take()?.startFailure() else { return nil }
        return StartProblem(
            failure.message(for: locked.job, setup), exitCode: failure.shellExitCode,
            isPassing: failure.isShortage(with: setup))
    }

    // MARK: Output

    func output(_ stream: LogFormat.Stream, to log: LogWriter) -> Bool {
        guard let index = outputs.firstIndex(where: { $0.stream == stream }) else { return false }
        let descriptor = outputs[index].descriptor
        do throws(Errno) {
            guard let count = try BareDescriptor(descriptor).read(into: context.chunk) else {
                return false
            }
            if count > 0 {
                log.write(
                    UnsafeRawBufferPointer(rebasing: context.chunk[..<count]), stream,
                    at: Clock.realtime())
                return true
            }
        } catch {
            // A pipe doesn't fail; if it did, it would be as good as closed.
        }
        try? context.loop.stopWatching(descriptor)
        BareDescriptor(descriptor).close()
        outputs.remove(at: index)
        return false
    }

    // MARK: End

    func nextEvent() -> Supervision.Event? {
        if let end = takeChildren() {
            let isLeft = group?.look(hasChildren: hasChildren) ?? false
            return .commandEnded(end, leavesOthers: isLeft)
        }
        guard group?.isLeft == true else { return nil }
        return group?.lookAndWatch(hasChildren: hasChildren) == false ? .groupEmpty : nil
    }

    /// Takes all children that have ended: the command, and orphans among its descendants.
    ///
    /// - Returns: the end of the command, if it was among them.
    private func takeChildren() -> ProcessEnd? {
        var end: ProcessEnd?
        while true {
            switch Children.reap(-1) {
            case .ended(let child): if child.pid == group?.leader { end = child }
            case .running:
                hasChildren = true
                return end
            case .none:
                hasChildren = false
                return end
            }
        }
    }

    func lookAnew() { group?.stopWatching() }

    func end(by signal: CInt) throws(Errno) { try group?.signal(signal) }

    var leftovers: [Attempt.Descendant] {
        (group?.members ?? []).map {
            Attempt.Descendant(pid: $0.pid, name: ProcessTable.name(of: $0.pid) ?? "?")
        }
    }

    var leavesNothing: Bool {
        guard outputs.isEmpty else { return false }
        if !hasChildren { return true }
        if case .none = Children.reap(-1) { return true }
        return false
    }
}

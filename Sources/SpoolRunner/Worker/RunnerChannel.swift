import Spool
import SpoolSystem

/// The channel to a runner: this end of it, and the other one, where what the runner hasn't taken yet lies.
final class RunnerChannel {
    private let ours: Channel
    private let theirs: Channel

    init(_ ours: Channel, _ theirs: Channel) {
        self.ours = ours
        self.theirs = theirs
    }

    /// Of what the runner sends.
    var number: CInt { ours.number }

    func receive() throws(Errno) -> Channel.Message? { try ours.receive() }

    /// Nobody notices so that the runner is dead: the end of its process says that.
    func send(_ bytes: [UInt8], passing descriptor: CInt? = nil) throws(Errno) {
        try ours.send(bytes, passing: descriptor)
    }

    /// Takes a message back, unless the runner has taken it, or has another one to take before.
    func takeBack(_ bytes: [UInt8]) throws(Errno) -> Channel.Message? {
        try theirs.receive(only: bytes)
    }

    /// Starts a runner for a job.
    static func fork(
        _ locked: LockedJob, _ context: WorkerContext
    ) throws(Errno) -> (Int32, RunnerChannel) {
        let (ours, theirs) = try Channel.pair()
        switch try ProcessControl.fork() {
        case .child:
            let needed = [locked.file.descriptor.number, theirs.number]
            ProcessControl.closeDescriptors(except: context.storage.descriptors + needed)
            RunnerProcess.serve(
                locked, in: context.spool, workerID: context.id,
                heartbeat: context.settings.heartbeat, defaults: context.settings.commands,
                channel: theirs, lastSync: context.lastSync)
        case .parent(let pid): return (pid, RunnerChannel(ours, theirs))
        }
    }
}

import Spool
import SpoolSystem

/// A scheduler in a process of its own, beside a worker: so that neither's memory nor death burdens the
/// other. It leaves when its parent does, however that ends.
final class SchedulerProcess {
    let handle: CInt
    private let pid: Int32
    /// The writing end of a pipe of which the child has the other: its end tells the child to leave.
    private let lifeline: CInt

    init(_ spool: SpoolDirectory, report: @escaping (String) -> Void) throws(Errno) {
        let pipe = try BareDescriptor.pipe()
        switch try SchedulerProcess.fork(pipe) {
        case .child:
            ProcessControl.closeDescriptors(except: spool.storage.descriptors + [pipe.read])
            ProcessControl.setTitle("spool-scheduler")
            // A signal of the terminal's is for the worker, which says when both end.
            ProcessControl.leaveSession()
            // A reader of the daemon's output must not wait for ours.
            StandardStreams.detachOutput()
            SchedulerProcess.run(spool, lifeline: pipe.read, report: report)
        case .parent(let pid):
            BareDescriptor(pipe.read).close()
            self.pid = pid
            lifeline = pipe.write
            do throws(Errno) {
                handle = try ProcessIdentity.openHandle(pid)
            } catch {
                BareDescriptor(lifeline).close()
                Children.end(pid)
                throw error
            }
        }
    }

    private static func fork(
        _ pipe: (read: CInt, write: CInt)
    ) throws(Errno) -> ProcessControl.Fork {
        do throws(Errno) {
            return try ProcessControl.fork()
        } catch {
            BareDescriptor(pipe.read).close()
            BareDescriptor(pipe.write).close()
            throw error
        }
    }

    private static func run(
        _ spool: SpoolDirectory, lifeline: CInt, report: @escaping (String) -> Void
    ) -> Never {
        do throws(SpoolError) {
            let scheduler = try Scheduler(spool: spool) { report("scheduler: \($0)") }
            try scheduler.run(lifeline: lifeline)
            ProcessControl.exit(0)
        } catch {
            report("scheduler: \(error.message)")
            ProcessControl.exit(1)
        }
    }

    /// Ends it where it is, since no kill does it any harm, and takes its end.
    func stop() {
        Children.end(pid)
        BareDescriptor(lifeline).close()
        BareDescriptor(handle).close()
    }
}

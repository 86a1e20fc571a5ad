import Spool
import SpoolSystem

/// The lock of the active scheduler of a spool, `locks/scheduler`. The kernel frees it when the process
/// ends, however it ends, and tells a standby at once.
final class SchedulerLock {
    private let file: Descriptor
    private let path: String
    private var helper: (pid: Int32, handle: CInt)?

    init(_ spool: SpoolDirectory) throws(SpoolError) {
        path = spool.path + "/locks/scheduler"
        file = try spool.storage.inLayout("locks/scheduler", "open") { () throws(Errno) in
            try spool.storage.root.open("locks/scheduler", [.readWrite, .create])
        }
    }

    deinit {
        stopWaiting()
    }

    func tryTake() throws(SpoolError) -> Bool {
        do throws(Errno) {
            return try file.tryLock()
        } catch {
            throw SpoolError(error, "flock", path)
        }
    }

    /// Waits for the lock without holding up this process.
    ///
    /// A child waits in flock(2). It shares our open file, and with it the lock: having got it, it ends, and
    /// the lock is ours.
    ///
    /// - Returns: a descriptor that becomes readable as the child ends; look with `tryTake` then.
    func startWaiting() throws(SpoolError) -> CInt {
        let parent = ProcessIdentity.ownPID
        do throws(Errno) {
            switch try ProcessControl.fork() {
            case .child:
                ProcessControl.closeDescriptors(except: [file.number])
                ProcessControl.setTitle("spool-standby")
                // Its end is the answer, with the lock or without: the parent looks itself then.
                let isAlone = (try? ProcessControl.dieWithParent(parent)) == false
                if !isAlone { try? file.lock() }
                ProcessControl.exit(0)
            case .parent(let pid):
                let handle = try ProcessIdentity.openHandle(pid)
                helper = (pid, handle)
                return handle
            }
        } catch {
            throw SpoolError(error, "fork", path)
        }
    }

    /// Takes the child's end, or brings it about.
    func stopWaiting() {
        guard let (pid, handle) = helper else { return }
        helper = nil
        Children.end(pid)
        BareDescriptor(handle).close()
    }
}

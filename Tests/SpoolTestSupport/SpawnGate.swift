import Glibc

/// Keeps the starting of processes apart from tests whose outcome depends on who holds a file open.
///
/// Between fork and exec a new process has a copy of every descriptor of this one, and with them locks
/// and open files that another test has just given back. So whoever spawns does it alone, and whoever
/// asks about locks and leases does so while nobody spawns.
package enum SpawnGate {
    private final class Lock: @unchecked Sendable {
        let raw = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
        init() { pthread_rwlock_init(raw, nil) }
    }

    private static let lock = Lock()

    /// Runs a test's body while no process is started. Doesn't nest.
    package static func quietly<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_rwlock_rdlock(lock.raw)
        defer { pthread_rwlock_unlock(lock.raw) }
        return try body()
    }

    /// Starts a process while nobody asks about locks.
    package static func alone<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_rwlock_wrlock(lock.raw)
        defer { pthread_rwlock_unlock(lock.raw) }
        return try body()
    }
}

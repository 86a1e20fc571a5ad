import CSpoolSystem
import Glibc

/// Random numbers of the kernel.
///
/// If getrandom(2) is missing, the standard library's generator keeps /dev/urandom open. A forked child closes that
/// number with all others. The generator would then read whatever file has the number, for ever.
package struct KernelRandom: RandomNumberGenerator {
    package init() {}

    package mutating func next() -> UInt64 {
        var number: UInt64 = 0
        if spool_random(&number, MemoryLayout<UInt64>.size) == 0 { return number }
        // Without any source, the difference between processes and moments keeps ids apart all the same.
        let count = KernelRandom.count.withLock { count in
            count &+= 1
            return count
        }
        var hasher = Hasher()
        hasher.combine(getpid())
        hasher.combine(Clock.monotonic())
        hasher.combine(Clock.realtime())
        hasher.combine(count)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Distinguishes calls of the same moment.
    private static let count = LockedBox<UInt64>(0)

    /// A number from 0 to 1.
    package static func fraction() -> Double {
        var source = KernelRandom()
        return Double.random(in: 0...1, using: &source)
    }
}

import Glibc
import Testing

@testable import SpoolRunner

/// What runners tell their worker arrives, and neither waits for the other.
@Suite struct EndNoticesTests {
    @Test func arrivesOnce() throws {
        let ends = try EndNotices()
        #expect(ends.next() == [])
        ends.tell()
        ends.tell()
        #expect(ends.next() == [getpid(), getpid()])
        #expect(ends.next() == [])
    }

    @Test func nobodyWaits() throws {
        let ends = try EndNotices()
        // More than a pipe holds: what doesn't fit is left out, and nothing is torn.
        let count = 1 << 18
        for _ in 0..<count { ends.tell() }
        var arrived = 0
        while true {
            let pids = ends.next()
            if pids.isEmpty { break }
            #expect(pids.allSatisfy { $0 == getpid() })
            arrived += pids.count
        }
        #expect(arrived > 0 && arrived < count)
    }
}

/// How long to wait after something has failed: twice as long each time, up to a limit. In nanoseconds.
package struct ExponentialDelay: Sendable {
    package let shortest: Int64
    package let longest: Int64

    /// - Parameter shortest: at most a second.
    package init(shortest: Int64, longest: Int64) {
        self.shortest = shortest
        self.longest = longest
    }

    /// - Parameter failures: how many there were in a row before this one.
    package func after(_ failures: Int) -> Int64 {
        // After 30 doublings every limit is reached, and nothing overflows.
        min(longest, shortest << min(failures, 30))
    }
}

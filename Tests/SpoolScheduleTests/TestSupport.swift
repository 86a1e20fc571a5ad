import SpoolSchedule
import Testing

/// A zone by name, as the machine has it.
func zone(_ name: String) throws -> Zone {
    try ZoneDatabase.fromEnvironment().zone(named: name)
}

/// An instant as RFC 3339 writes it.
func instant(_ text: String) throws -> Instant {
    try #require(Instant(rfc3339: text), "\(text) is no instant")
}

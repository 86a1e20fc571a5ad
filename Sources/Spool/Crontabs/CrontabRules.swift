import SpoolSchedule
import SpoolSystem

/// The rules by which the crontabs of a spool are read, beside those that they give themselves.
public struct CrontabRules: Sendable {
    /// In force if `CRON_TZ` says nothing.
    public var zone: Zone
    public var zones: ZoneDatabase
    /// Which machine this is.
    public var machine: String
    public var hasUserColumn: Bool

    public init(
        zone: Zone, zones: ZoneDatabase = ZoneDatabase(), machine: String = "",
        hasUserColumn: Bool = false
    ) {
        self.zone = zone
        self.zones = zones
        self.machine = machine
        self.hasUserColumn = hasUserColumn
    }

    /// As this machine is set up now: its zone, `$TZDIR`, /etc/machine-id.
    ///
    /// - Throws: if its zone or its id can't be read; another one is never taken silently.
    public static func ofThisMachine() throws(SpoolError) -> CrontabRules {
        let zones = ZoneDatabase.fromEnvironment()
        let zone: Zone
        do {
            zone = try zones.localZone()
        } catch {
            throw SpoolError(
                .inputOutput, "the time zone of this machine: \(error.message)", path: error.path)
        }
        do throws(Errno) {
            return CrontabRules(zone: zone, zones: zones, machine: try Host.machineID())
        } catch {
            throw SpoolError(error, "read", "/etc/machine-id")
        }
    }

    package func options(now: Instant?) -> CrontabFile.Options {
        CrontabFile.Options(
            zone: zone, zones: zones, hasUserColumn: hasUserColumn, machine: machine, now: now)
    }
}

import Spool
import SpoolCheck

/// Whether workers can read the settings.
package struct SettingsCheck: CheckArea {
    package let name = "settings.json"
    private let context: CheckContext

    package init(_ context: CheckContext) {
        self.context = context
    }

    package func check(_ report: CheckReport) throws(SpoolError) {
        do throws(SpoolError) {
            _ = try SettingsFile.read(context.spool)
        } catch {
            try context.found(Fault(.badSettings, name, error.message), report)
        }
    }
}

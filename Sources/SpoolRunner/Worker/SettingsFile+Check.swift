import Spool
import SpoolCheck

extension SettingsFile {
    /// Whether workers can read the settings.
    package static let checkArea = CheckArea("settings.json") { pass, report throws(SpoolError) in
        do throws(SpoolError) {
            _ = try read(pass.spool)
        } catch {
            try pass.found(Fault(.badSettings, "settings.json", error.message), report)
        }
    }
}

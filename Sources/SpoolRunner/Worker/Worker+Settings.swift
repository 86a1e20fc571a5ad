import Spool

extension Worker {
    /// Reads the settings again, and begins anew with them.
    func reread() {
        do throws(SpoolError) {
            let read = try SettingsFile.read(spool).applied(to: options)
            settings = read
            settingsAsRead = read
            ineligible = []
            putPrefetchedBack("the settings have changed")
            dismissRunners()
            try register()
            rescan()
            report("settings read again: " + MessageText.count(settings.slots, "slot"))
        } catch {
            report("\(error.message); the settings stay as they were")
        }
    }

    /// The file was changed, or may have been: what it says now is in force.
    func settingsMayHaveChanged() {
        do throws(SpoolError) {
            guard try SettingsFile.read(spool).applied(to: options) != settingsAsRead else {
                settingsFault = nil
                return
            }
        } catch {
            // It may stay so for long.
            if settingsFault != error.message {
                settingsFault = error.message
                report("\(error.message); the settings stay as they were")
            }
            return
        }
        settingsFault = nil
        reread()
    }
}

import SpoolSystem

/// The manual pages, as man(1) shows them.
enum ManualPage {
    /// Puts man(1) in the place of this process.
    ///
    /// - Returns: false when there is no man(1) or no such page.
    static func show(_ page: String) -> Bool {
        // A page that isn't installed is asked for quietly first.
        guard ProcessControl.run(["man", "-w", page]) == 0 else { return false }
        return ProcessControl.run(["man", page], isQuiet: false) == 0
    }
}

import SpoolSystem

/// Says in which boot a scheduler has seen to the entries that follow boots.
package struct RebootMark {
    private let storage: Storage
    private let content: [UInt8]

    private static let path = "state/reboot"

    /// - Parameter bootID: of the boot that is now.
    package init(_ storage: Storage, bootID: String) {
        self.storage = storage
        content = Array("\(bootID)\n".utf8)
    }

    /// Whether a scheduler has seen to them since this boot.
    package func isSet() throws(SpoolError) -> Bool {
        try storage.contents(of: RebootMark.path, limit: 256) == content
    }

    package func set() throws(SpoolError) {
        try FileWriter(storage).publish(content, as: RebootMark.path, .replace, sync: .off)
    }
}

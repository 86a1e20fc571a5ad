import SpoolSystem

/// The start of the machine after which, by a file's account, the spool was looked at.
package enum BootMark {
    /// There is no such file.
    case none
    case earlier
    case current
}

/// `state/boot.HOST`. The first worker after each start of a machine looks for traces of a power cut, and writes down
/// that it has.
package struct BootMarks: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    private static let bootMark = "boot."
    private static let ownBootMark = "state/" + bootMark + Host.name
    private static let bootText = Array("\(Host.bootID)\n".utf8)

    /// The mark in this machine's file.
    package func own() throws(SpoolError) -> BootMark {
        try own(BootMarks.ownBootMark)
    }

    /// A mark that can't be read says nothing of this boot.
    private func own(_ mark: String) throws(SpoolError) -> BootMark {
        let read = try ofOneFile { () throws(SpoolError) in
            try onPath(storage.path + "/" + mark, "read") { () throws(Errno) in
                try storage.root.openIfPresent(mark)?.readAll(limit: 4096)
            }
        }
        guard case .success(let bytes) = read else { return .earlier }
        guard let bytes else { return .none }
        return bytes == BootMarks.bootText ? .current : .earlier
    }

    /// Writes down, durably, that the spool was looked at after this start of the machine.
    package func set() throws(SpoolError) {
        try FileWriter(storage).publish(
            BootMarks.bootText, as: BootMarks.ownBootMark, .replace, sync: .full)
    }

    /// - Throws: if the kernel's name of this boot can't be read. A record of another boot can't be told from one of
    ///   this boot then.
    package static func requireBootID() throws(SpoolError) {
        guard Host.bootID.isEmpty else { return }
        throw SpoolError(
            .inputOutput,
            "/proc/sys/kernel/random/boot_id can't be read, so whether the machine was restarted can't be"
                + " found out; mount /proc")
    }

    /// Whether a file that lies in running/ without a lock may have been claimed before the machine was started. This
    /// is so unless a worker has looked since. Without any mark nobody knows: a worker that can't write its mark claims
    /// all the same.
    package func isFromEarlierBoot() throws(SpoolError) -> Bool {
        var marks: [String] = []
        try storage.forEachEntry(in: "state") { entry in
            if entry.name.hasPrefix(BootMarks.bootMark) { marks.append(entry.name) }
        }
        for mark in marks where try own("state/" + mark) == .current { return false }
        return true
    }
}

import Spool

extension SettingsFile {
    /// Changes how many jobs a worker runs at once, and nothing else in the file. Workers notice.
    ///
    /// - Parameter slots: nil: as many as there are processors.
    /// - Throws: `.invalidJob` where the file is bad already, and is left as it is; `.busy` where somebody else has
    ///   changed it meanwhile.
    package static func setSlots(_ slots: Int?, in spool: SpoolDirectory) throws(SpoolError) {
        _ = try read(spool)
        let old = try spool.storage.contents(of: name, limit: sizeLimit)
        if old == nil && slots == nil { return }
        var fields: [String: JSONValue] = [:]
        if let old { fields = try JSONText.decode([String: JSONValue].self, from: old) }
        fields["slots"] = slots.map { .integer(Int64($0)) }
        var text = try JSONText.encode(fields, pretty: true)
        // Indented, a file near the limit could be one that no worker takes.
        if text.count > sizeLimit { text = try JSONText.encode(fields, pretty: false) }
        guard text.count <= sizeLimit else {
            throw SpoolError(
                .invalidJob,
                "\(spool.path)/\(name): it would be \(text.count) bytes long; \(sizeLimit) are the"
                    + " limit; nothing was changed")
        }
        try FileWriter(spool.storage).replace(name, with: text, expecting: old)
    }
}

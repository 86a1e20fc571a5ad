import SpoolSystem
import SpoolTime

/// The markers in state/slots/, which say what was decided about slots.
package struct SlotMarkers: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The last slot of each entry that has been decided, by the entry's `key`, from one look at the names
    /// in state/slots/. Boots aren't among them.
    package func marks() throws(SpoolError) -> [String: Instant] {
        try list().newest.compactMapValues(\.instant)
    }

    /// The last decision about an entry; nil if there was none.
    package func record(of entry: ScheduledEntry) throws(SpoolError) -> SlotRecord? {
        let key = entry.key
        var newest: MarkerName?
        try forEachMarker { marker in
            guard marker.key == key,
                (marker.instant == nil) == (entry.line.expression.kind == .reboot),
                newest.map({ $0.isOlder(than: marker, bootID: Host.bootID) }) ?? true
            else { return }
            newest = marker
        }
        return try newest.flatMap { marker throws(SpoolError) in try record(marker) }
    }

    /// nil for one that is gone, or that a power cut has emptied.
    package func record(_ marker: MarkerName) throws(SpoolError) -> SlotRecord? {
        guard let bytes = try storage.contents(of: marker.path, limit: storage.rules.sizeLimit)
        else { return nil }
        // Its name says what was decided; without its content the figures begin anew.
        return try? JSONText.decode(SlotRecord.self, from: bytes)
    }

    /// Takes back a mark that lies in the future. Only for an entry whose first sight, which is kept, stands in for it
    /// from now on.
    package func remove(key: String, slot: Instant) throws(SpoolError) {
        try storage.remove(MarkerName(key: key, slot: .time(slot)).path)
    }

    /// Whether the job of a slot still waits for others to end. Its marker goes on to say so when it has been queued.
    package func keepsWaiting(_ record: SlotRecord) throws(SpoolError) -> Bool {
        guard record.waits, let file = record.file else { return false }
        return try storage.isThere("tmp/" + file)
    }

    /// The decided slots whose jobs aren't in their places yet, and wait for no other job. For a moment, each new slot is
    /// one of these.
    package func unplaced() throws(SpoolError) -> [SlotRecord] {
        let names = try storage.onListing("tmp") { () throws(Errno) in
            try storage.root.names(in: "tmp")
        }
        var unplaced: [SlotRecord] = []
        for file in names.compactMap({ SlotFileName($0) }) {
            let found = try ofOneFile { () throws(SpoolError) in try record(file.marker) }
            if case .success(let record?) = found, record.file == file.text, !record.waits {
                unplaced.append(record)
            }
        }
        return unplaced
    }

    /// The markers in state/slots/, by entry.
    ///
    /// - Parameter mustExist: whether a missing directory is an error, rather than an empty one.
    func list(
        bootID: String = Host.bootID, mustExist: Bool = false
    ) throws(SpoolError) -> MarkerList {
        var list = MarkerList(bootID: bootID)
        try forEachMarker(mustExist: mustExist) { list.insert($0) }
        return list
    }

    private func forEachMarker(
        mustExist: Bool = false, _ body: (MarkerName) -> Void
    ) throws(SpoolError) {
        try storage.onListing(MarkerName.directory) { () throws(Errno) in
            try storage.root.forEachEntry(in: MarkerName.directory, mustExist: mustExist) { entry in
                if let marker = MarkerName(entry.name) { body(marker) }
            }
        }
    }

    /// The last decision about each of these entries, by the entry's name, from one look at the names in state/slots/.
    /// Entries without a decision are missing.
    package func records(of entries: [ScheduledEntry]) throws(SpoolError) -> [String: SlotRecord] {
        let markers = try list()
        var records: [String: SlotRecord] = [:]
        for entry in entries {
            let isReboot = entry.line.expression.kind == .reboot
            guard let marker = (isReboot ? markers.boots : markers.newest)[entry.key] else {
                continue
            }
            // One that can't be read hides no other entry.
            let found = try ofOneFile { () throws(SpoolError) in try record(marker) }
            if case .success(let record) = found { records[entry.name] = record }
        }
        return records
    }
}

/// The markers of all entries.
struct MarkerList {
    /// The last slot of each entry, by key.
    private(set) var newest: [String: MarkerName] = [:]
    /// The last boot of each entry that follows boots.
    private(set) var boots: [String: MarkerName] = [:]
    /// Those that a newer one has made superfluous.
    private(set) var older: [MarkerName] = []
    private let bootID: String

    init(bootID: String) {
        self.bootID = bootID
    }

    mutating func insert(_ marker: MarkerName) {
        let old =
            marker.instant != nil
            ? MarkerList.insert(marker, in: &newest, bootID)
            : MarkerList.insert(marker, in: &boots, bootID)
        if let old { older.append(old) }
    }

    /// - Returns: the one that isn't the newest now.
    private static func insert(
        _ marker: MarkerName, in list: inout [String: MarkerName], _ bootID: String
    ) -> MarkerName? {
        guard let other = list[marker.key] else {
            list[marker.key] = marker
            return nil
        }
        let isNewer = other.isOlder(than: marker, bootID: bootID)
        list[marker.key] = isNewer ? marker : other
        return isNewer ? other : marker
    }
}

extension MarkerName {
    /// Of two markers of one entry. Of boots, any but the present one is old.
    func isOlder(than other: MarkerName, bootID: String) -> Bool {
        guard instant == nil else { return slot < other.slot }
        return slot != bootID && other.slot == bootID
    }
}

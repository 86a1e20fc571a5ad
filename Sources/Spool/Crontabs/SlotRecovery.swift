import SpoolSystem
import SpoolTime

/// The records that a new active scheduler finds.
package struct SlotBooks {
    /// The last decided slot of each entry, by key.
    package var marks: [String: Instant] = [:]
    /// The boot in which each entry that follows boots has run last, by key.
    package var boots: [String: String] = [:]
    /// Decided slots whose jobs wait in tmp/ for the entry's earlier job to end, by key.
    package var waiting: [String: SlotRecord] = [:]
    /// The work that can't be done now for an entry, as a file or a directory is in the way, by key.
    package var hindered: [String: (work: UnfinishedWork, error: SpoolError)] = [:]
}

/// The work that is left of a decided slot, if a file of its entry is in the way.
package enum UnfinishedWork {
    /// The job is to be brought to its place, which is to be durable: the record is to be released. If it says that the
    /// job has waited, the slots that came meanwhile are dropped then.
    case release(SlotRecord)
    /// The slots that came while one waited are to be dropped.
    case skip
    /// The decision can't be read: once it can, all is to be recovered once more.
    case recovery(of: MarkerName)
}

/// Ends what dead schedulers have begun. Only the leader may do so, before it decides anything.
package struct SlotRecovery {
    private let storage: Storage
    private let placement: SlotPlacement
    /// Of the boot that is now.
    private let bootID: String

    package init(_ storage: Storage, _ placement: SlotPlacement, bootID: String) {
        self.storage = storage
        self.placement = placement
        self.bootID = bootID
    }

    /// Ends the work that dead schedulers have begun, removes the files that they have left, and tells what they have
    /// decided. Work that can't be done for one entry keeps no other from being recovered.
    package func recover() throws(SpoolError) -> SlotBooks {
        let list = try markers()
        var books = SlotBooks()
        for name in try temporaryNames() {
            guard let file = SlotFileName(name) else { continue }
            try recover(file, list, &books)
        }
        try syncPlaces(list, &books)
        for marker in list.older { try removeIfPossible(marker.path) }
        for (key, marker) in list.newest { books.marks[key] = marker.instant }
        for (key, marker) in list.boots { books.boots[key] = marker.slot }
        return books
    }

    /// Makes durable the places of jobs, which somebody may have filled and died before the disk had them. Only after
    /// that may the next slots take the place of the markers that could bring these jobs again.
    ///
    /// The entries whose last jobs went to a directory that can't be synced must wait.
    private func syncPlaces(_ list: MarkerList, _ books: inout SlotBooks) throws(SpoolError) {
        var failures: [String: SpoolError] = [:]
        for (place, subdirectory) in try Listing(storage).directories(of: [.incoming, .scheduled]) {
            let directory = subdirectory.map { "\(place.directory)/\($0)" } ?? place.directory
            let synced = try ofOneFile { () throws(SpoolError) in
                try storage.syncDirectory(ofPath: directory + "/.")
            }
            if case .failure(let error) = synced { failures[directory] = error }
        }
        if failures.isEmpty { return }
        for marker in Array(list.newest.values) + Array(list.boots.values)
        where books.hindered[marker.key] == nil {
            switch try read(marker) {
            case .failure(let error): books.hindered[marker.key] = (.recovery(of: marker), error)
            case .success(let record):
                // One that has waited goes on to say so once its job has been brought.
                guard var record, let target = record.target,
                    let error = failures[SpoolLayout.directory(of: target)],
                    try !SlotMarkers(storage).keepsWaiting(record)
                else { continue }
                record.waitsFor = nil
                books.hindered[marker.key] = (.release(record), error)
            }
        }
    }

    private func read(_ marker: MarkerName) throws(SpoolError) -> Result<SlotRecord?, SpoolError> {
        try ofOneFile { () throws(SpoolError) in try SlotMarkers(storage).record(marker) }
    }

    private func recover(
        _ file: SlotFileName, _ list: MarkerList, _ books: inout SlotBooks
    ) throws(SpoolError) {
        let key = file.marker.key
        let all = file.marker.instant != nil ? list.newest : list.boots
        guard let newest = all[key], !newest.isOlder(than: file.marker, bootID: bootID) else {
            // No marker: its scheduler died before it, or is about to make it. The slot's decision will
            // tell.
            return
        }
        guard newest == file.marker else { return try removeIfPossible(file.path) }
        switch try read(newest) {
        case .failure(let error):
            // It may name this very file, which nobody would make again.
            books.hindered[key] = (.recovery(of: newest), error)
        case .success(let record?) where record.file == file.text:
            if record.waits {
                books.waiting[key] = record
            } else if case .failure(let error) = try placement.place(record) {
                books.hindered[key] = (.release(record), error)
            }
        case .success: try removeIfPossible(file.path)
        }
    }

    /// Removes a file that means nothing any more: if it stays, it is in nobody's way.
    private func removeIfPossible(_ path: String) throws(SpoolError) {
        _ = try ofOneFile { () throws(SpoolError) in try storage.remove(path) }
    }

    /// Removes the files that dead schedulers have left, and the marks of entries that are no more.
    ///
    /// - Parameters:
    ///   - keys: of the entries that are in force, or whose last slots have something left to do.
    ///   - horizon: later marks are kept: an editor may be about to bring an entry back.
    package func sweep(except keys: Set<String>, before horizon: Instant) throws(SpoolError) {
        _ = try recover()
        let list = try markers()
        for marker in list.newest.values where !keys.contains(marker.key) {
            if let slot = marker.instant, slot < horizon { try removeIfPossible(marker.path) }
        }
        for marker in list.boots.values where !keys.contains(marker.key) && marker.slot != bootID {
            try removeIfPossible(marker.path)
        }
        for name in try temporaryNames() {
            guard let file = SlotFileName(name), !keys.contains(file.marker.key),
                let slot = file.marker.instant, slot < horizon
            else { continue }
            try removeIfPossible(file.path)
        }
    }

    /// The markers. If state/slots/ can't be found, that is an error, not an empty directory: this scheduler has made it.
    /// Decisions under the former name of an entry are known from their markers alone.
    private func markers() throws(SpoolError) -> MarkerList {
        try SlotMarkers(storage).list(bootID: bootID, mustExist: true)
    }

    /// The names in tmp/. If tmp/ can't be found, that is an error, not an empty directory. It may hold the job of a
    /// slot that nobody would decide again.
    private func temporaryNames() throws(SpoolError) -> [String] {
        try storage.onListing("tmp") { () throws(Errno) in
            try storage.root.names(in: "tmp", mustExist: true)
        }
    }
}

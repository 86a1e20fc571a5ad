import Spool
import SpoolSystem
import SpoolTime

/// The ids of all jobs of a spool, 16 bytes each, and one as often as files have it.
struct JobIDs {
    private var ids: [JobID] = []

    init(_ ids: [JobID] = []) {
        self.ids = ids
        sort()
    }

    /// Reads the names alone.
    ///
    /// - Parameter missed: gets why a directory couldn't be read.
    init(reading storage: Storage, _ missed: (SpoolError) -> Void) throws(SpoolError) {
        for (place, subdirectory) in try JobIDs.directories(storage) {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            do throws(SpoolError) {
                try storage.forEachEntry(in: directory) { collect($0, in: place) }
            } catch {
                missed(error)
            }
        }
        sort()
    }

    /// The directories of jobs in the order in which a job goes through them, so that none is overlooked on its way.
    static func directories(_ storage: Storage) throws(SpoolError) -> [(Place, String?)] {
        var directories: [(Place, String?)] = []
        for (place, subdirectory) in try Listing(storage).directories() {
            if place == .done, !directories.contains(where: { $0.0 == .done }) {
                directories.append((.done, nil))
            }
            directories.append((place, subdirectory))
        }
        if !directories.contains(where: { $0.0 == .done }) { directories.append((.done, nil)) }
        return directories
    }

    mutating func collect(_ entry: Directory.Entry, in place: Place) {
        guard let name = JobFileName(entry.name) else { return }
        // In incoming/, a file with another name is a drop-in, and no job yet.
        if place != .incoming || name.fits(place) { ids.append(name.id) }
    }

    /// Is to be called once all are collected.
    mutating func sort() { ids.sort() }

    func contains(_ id: JobID) -> Bool { ids.containsSorted(id) }

    /// Those that several files have.
    var repeated: [JobID] {
        var repeated: [JobID] = []
        for (one, next) in zip(ids, ids.dropFirst()) where one == next && repeated.last != one {
            repeated.append(one)
        }
        return repeated
    }
}

extension [JobID] {
    /// The place of an id in a sorted array, or the place that it would have.
    func firstIndexSorted(notBefore id: JobID) -> Int { partitionIndex { $0 < id } }

    func containsSorted(_ id: JobID) -> Bool {
        let index = firstIndexSorted(notBefore: id)
        return index < count && self[index] == id
    }
}

import SpoolSystem
import SpoolTime

/// Takes files that will never be jobs to dead-letter/.
package struct Reject: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Takes a file that isn't a job to dead-letter/, as it is, with the reason in `NAME.reason`.
    ///
    /// - Parameters:
    ///   - source: its path below the spool.
    ///   - judged: the file that was judged, unless its lock is held.
    /// - Returns: false if it isn't there any more.
    @discardableResult
    package func reject(
        _ source: String, name: String, reason: String, judged: FileStatus.Identity? = nil
    ) throws(SpoolError) -> Bool {
        for attempt in 0..<100 {
            let ownName = attempt == 0 ? try deadLetterName(for: name, source: source) : nil
            let target =
                "dead-letter/"
                + (ownName ?? JobFileName(id: storage.ids.make(at: storage.now())).text)
            let isTaken = try storage.isThere(target)
            if isTaken { continue }
            // The reason first: a reason without a file says nothing wrong, a file without a reason does.
            try FileWriter(storage).publish(
                Array(MessageText.visible("\(source): \(reason)").utf8) + [10],
                as: target + ".reason", .replace, sync: .off)
            do throws(Errno) {
                try storage.root.rename(source, to: target, .fresh)
            } catch {
                if error == .exists { continue }
                // A process that was quicker may have put it there, beside the same reason.
                if let isThere = try? (storage.root.status(of: target) != nil), !isThere {
                    // A reason without its file is found and swept later.
                    _ = try? storage.root.removeIfPresent(target + ".reason")
                }
                if error == .noEntry { return false }
                throw SpoolError(error, "rename", storage.path + "/" + target)
            }
            if let judged, try returnStranger(target, to: source, unless: judged) { return false }
            History(storage).recordFile(
                .reject, id: JobFileName(name)?.id, nil, from: source, to: target, note: reason)
            return true
        }
        throw SpoolError(
            .cannotCreate,
            "\(storage.path)/dead-letter: a hundred files named like \(name) lie there; clear"
                + " them away", path: storage.path)
    }

    /// Something else may have got the name of a file since that was judged, such as a queue's directory, with jobs: it
    /// goes back.
    ///
    /// - Returns: whether it has gone back.
    /// - Throws: where it lies now, and what to do, if something else has its name by now. The reason beside it says the
    ///   same from then on.
    func returnStranger(
        _ target: String, to source: String, unless judged: FileStatus.Identity
    ) throws(SpoolError) -> Bool {
        let status = try storage.status(of: target)
        guard let status, status.identity != judged else { return false }
        // The directory that has the name may be removed meanwhile.
        for _ in 0..<3 {
            var hasGoneBack = try onPath(storage.path + "/" + target, "rename") {
                () throws(Errno) in
                do throws(Errno) {
                    try storage.root.rename(target, to: source, .fresh)
                    return true
                } catch {
                    guard error == .exists else { throw error }
                    return false
                }
            }
            if !hasGoneBack {
                hasGoneBack = try returnEntries(of: target, status, to: source)
            }
            if hasGoneBack {
                _ = try? storage.root.removeIfPresent(target + ".reason")
                return true
            }
        }
        let message =
            "\(target): it came to \(source) in the place of a file that was taken away, and is no such file;"
            + " \(source) exists again, so "
            + (status.kind == .directory
                ? "move its files there, and remove it" : "give it another name, and move it back")
        try FileWriter(storage).publish(
            Array(MessageText.visible(message).utf8) + [10], as: target + ".reason", .replace,
            sync: .off)
        throw SpoolError(.busy, "\(storage.path)/\(message)", path: storage.path + "/" + target)
    }

    /// A submission makes the directory of its queue anew if that is away. The jobs in the old one go there.
    ///
    /// - Returns: false if anything is left, or the name isn't a directory's.
    private func returnEntries(
        of target: String, _ status: FileStatus, to source: String
    ) throws(SpoolError) -> Bool {
        guard status.kind == .directory, try storage.status(of: source)?.kind == .directory else {
            return false
        }
        let names = try storage.onListing(target) { () throws(Errno) in
            try storage.root.names(in: target)
        }
        for name in names {
            try onPath("\(storage.path)/\(target)/\(name)", "rename") { () throws(Errno) in
                do throws(Errno) {
                    try storage.root.rename(
                        "\(target)/\(name)", to: "\(source)/\(name)", .fresh)
                } catch {
                    // Something else may have this name too, or the new directory may be gone: then it stays.
                    guard error == .exists || error == .noEntry else { throw error }
                }
            }
        }
        // A job whose submission was durable is so in its new place too, before the old one goes.
        for path in [source + "/", source] { try storage.syncDirectory(ofPath: path) }
        return try onPath(storage.path + "/" + target, "rmdir") { () throws(Errno) in
            do throws(Errno) {
                try storage.root.removeDirectory(target)
                return true
            } catch {
                guard error == .notEmpty || error == .exists else { throw error }
                return false
            }
        }
    }

    /// The same for a file that lies where a job should.
    @discardableResult
    package func reject(_ location: JobLocation, reason: String) throws(SpoolError) -> Bool {
        try reject(location.path, name: location.name.text, reason: reason)
    }

    /// Takes a dropped file whose name isn't UTF-8 to dead-letter/, under a name that can be typed.
    ///
    /// - Parameter directory: below the spool.
    package func rejectNonUTF8(_ name: [CChar], in directory: String) throws(SpoolError) {
        let target = "dead-letter/" + JobFileName(id: storage.ids.make(at: storage.now())).text
        let shown = NonUTF8Text(name.dropLast().map { UInt8(bitPattern: $0) }).quoted
        let reason = "\(directory)/\(shown): its name is not UTF-8; give it another name"
        try FileWriter(storage).publish(
            Array(MessageText.visible(reason).utf8) + [10], as: target + ".reason", .replace,
            sync: .off)
        do throws(Errno) {
            try storage.root.renameNonUTF8(name, in: directory, to: target)
        } catch {
            // A reason without its file is found and swept later.
            _ = try? storage.root.removeIfPresent(target + ".reason")
            if error == .noEntry { return }
            throw SpoolError(error, "rename", storage.path + "/" + target)
        }
        History(storage).recordFile(
            .reject, id: nil, nil, from: "\(directory)/\(shown)", to: target, note: reason)
    }

    /// A job keeps its id, unless that is another's, for example because this is a spoilt copy. Any other file keeps
    /// its name.
    ///
    /// - Returns: nil if it needs a new id: also if its name is too long for the reason's beside it.
    private func deadLetterName(for name: String, source: String) throws(SpoolError) -> String? {
        if let id = JobFileName(name)?.id {
            return try Lookup(storage).locate(id, except: source).isEmpty
                ? JobFileName(id: id).text : nil
        }
        return name.utf8.count <= 200 ? name : nil
    }
}

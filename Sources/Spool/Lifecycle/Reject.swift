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
    private func returnStranger(
        _ target: String, to source: String, unless judged: FileStatus.Identity
    ) throws(SpoolError) -> Bool {
        try onPath(storage.path + "/" + target, "rename") { () throws(Errno) in
            guard let status = try storage.root.status(of: target), status.identity != judged
            else { return false }
            try storage.root.rename(target, to: source, .fresh)
            _ = try? storage.root.removeIfPresent(target + ".reason")
            return true
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

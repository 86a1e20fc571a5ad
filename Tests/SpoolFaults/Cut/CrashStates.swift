import SpoolTestSupport

/// The spool as a power cut may leave it.
struct CrashState {
    let files: [Int: [UInt8]]
    let directories: [String: [String: Node]]
    /// What the world had been told before the cut.
    let told: [Told]
    /// For people.
    let what: String

    /// The same for states that can't be told apart.
    var fingerprint: String {
        var text = ""
        for (directory, entries) in directories.sorted(by: { $0.key < $1.key }) {
            for (name, node) in entries.sorted(by: { $0.key < $1.key }) {
                text += directory + "/" + name + ":"
                if case .file(let file) = node {
                    text += "\(file) \((files[file] ?? []).hashValue) "
                }
            }
        }
        return text + "\(told.count)"
    }
}

/// A pessimistic file system. After a cut:
/// - a file's content is what it was at its last fsync, or anything that it became since, or that cut off
///   to nothing, or zeros of the new length;
/// - each change of a directory since its last fsync has happened or not, on its own, in any order;
/// - only the two halves of a rename hang together in this: where the old name is gone the new one is
///   there. Both names may be there. Where even that isn't so, no program can keep a file by renaming it.
///
/// Or an orderly one, which has a journal: all changes of directories, and where content lies that was written to the
/// disk, happen in their order up to some moment, renames whole; and a sync of a directory goes as far as the last
/// change of that one. What wasn't written to the disk is any of the above.
struct CrashStates {
    let recording: Recording
    var isOrdered = false
    /// Syncs that are taken to have done nothing.
    var ignored: Set<Int> = []

    private struct Pending {
        /// Indices of changes of directories, and of what else is committed, that may or may not have happened.
        var entries: [Int] = []
        var durable: Set<Int> = []
        /// Contents since the last sync.
        var contents: [Int: [[UInt8]]] = [:]
        var synced: [Int: [UInt8]] = [:]
        /// What was written to the disk, by the index of that change.
        var writtenBack: [Int: [UInt8]] = [:]
        var told: [Told] = []
    }

    enum Tear: CaseIterable { case old, new, empty, zeros }

    /// All states after the first `count` changes, or many where there are too many.
    ///
    /// What no promise depends on (history, logs, the names in tmp/) happened all together or not at all, so
    /// that its combinations don't crowd out those that matter.
    func states(after count: Int, random: inout SeededGenerator) -> [CrashState] {
        let pending = self.pending(after: count)
        if isOrdered {
            if recording.secondHalves.contains(count) { return [] }
            return moments(of: pending.entries).flatMap { happened in
                Tear.allCases.map { state(pending, happened, $0, count) }
            }
        }
        let minor = pending.entries.filter { isMinor($0) }
        let major = pending.entries.filter { !isMinor($0) }
        let isTorn = pending.contents.keys.contains { jobFiles.contains($0) }
        let tears: [Tear] = isTorn ? Tear.allCases : [.new, .empty]
        var states: [CrashState] = []
        for chosen in subsets(of: major, random: &random) {
            for others in minor.isEmpty ? [[]] : [[], Set(minor)] {
                for tear in tears {
                    states.append(state(pending, chosen.union(others), tear, count))
                }
            }
        }
        return states
    }

    /// How far the changes may have come: each beginning of them that doesn't cut a rename in two.
    private func moments(of entries: [Int]) -> [Set<Int>] {
        (0...entries.count).filter { length in
            guard length > 0, length < entries.count else { return true }
            return !recording.secondHalves.contains(entries[length])
        }.map { Set(entries[..<$0]) }
    }

    private func isMinor(_ index: Int) -> Bool {
        guard let directory = directory(ofChange: index) else { return true }
        return CrashStates.minor.contains { directory == $0 || directory.hasPrefix($0 + "/") }
    }

    private static let minor = ["history", "logs", "workers", "tmp", "state"]

    /// Files that are or become jobs.
    private var jobFiles: Set<Int> {
        var files: Set<Int> = []
        for (index, entry) in recording.changes.enumerated() where !isMinor(index) {
            if case .set(_, _, .file(let file), _) = entry.change { files.insert(file) }
        }
        return files
    }

    private func pending(after count: Int) -> Pending {
        var pending = Pending()
        pending.synced = recording.files
        for (index, entry) in recording.changes[..<count].enumerated() {
            if ignored.contains(index) { continue }
            switch entry.change {
            case .content(let file, let bytes): pending.contents[file, default: []].append(bytes)
            case .set, .clear: pending.entries.append(index)
            case .touch: if isOrdered { pending.entries.append(index) }
            case .writeBack(let file):
                if isOrdered {
                    pending.writtenBack[index] = pending.contents[file]?.last
                    pending.entries.append(index)
                } else {
                    sync(file, &pending)
                }
            case .syncFile(let file): sync(file, &pending)
            case .syncDirectory(let path): sync(directory: path, &pending)
            case .syncAll:
                for file in pending.contents.keys { sync(file, &pending) }
                pending.durable.formUnion(pending.entries)
                pending.entries = []
            case .told(let told): pending.told.append(told)
            }
        }
        return pending
    }

    private func sync(_ file: Int, _ pending: inout Pending) {
        guard let last = pending.contents.removeValue(forKey: file)?.last else { return }
        pending.synced[file] = last
    }

    private func sync(directory: String, _ pending: inout Pending) {
        var durable = pending.entries.filter { self.directory(ofChange: $0) == directory }
        if isOrdered {
            let last = durable.last ?? -1
            durable = pending.entries.filter { $0 <= last }
            for case (let index, .writeBack(let file)) in durable.map({
                ($0, recording.changes[$0].change)
            }) {
                guard let bytes = pending.writtenBack[index] else { continue }
                pending.synced[file] = bytes
                if pending.contents[file]?.last == bytes { pending.contents[file] = nil }
            }
        }
        pending.durable.formUnion(durable)
        pending.entries.removeAll { durable.contains($0) }
    }

    private func directory(ofChange index: Int) -> String? {
        switch recording.changes[index].change {
        case .set(let directory, _, _, _), .clear(let directory, _, _), .touch(let directory):
            directory
        default: nil
        }
    }

    /// Every subset of a few; of many: none, all, each beginning and end, each one alone and left out, and
    /// some at random.
    private func subsets(of all: [Int], random: inout SeededGenerator) -> [Set<Int>] {
        if all.count <= 6 {
            return (0..<(1 << all.count)).map { bits in
                Set(all.indices.filter { bits >> $0 & 1 == 1 }.map { all[$0] })
            }
        }
        var subsets: [Set<Int>] = []
        for index in 0...all.count {
            subsets.append(Set(all[..<index]))
            subsets.append(Set(all[index...]))
        }
        for index in all {
            subsets.append([index])
            subsets.append(Set(all).subtracting([index]))
        }
        for _ in 0..<24 { subsets.append(Set(all.filter { _ in Bool.random(using: &random) })) }
        return subsets
    }

    private func state(
        _ pending: Pending, _ chosen: Set<Int>, _ tear: Tear, _ count: Int
    ) -> CrashState {
        var directories = recording.directories
        var pending = pending
        let happened = pending.durable.union(chosen)
        var renamed: Set<Int> = []
        for index in happened.sorted() {
            switch recording.changes[index].change {
            case .set(let directory, let name, let node, let rename):
                directories[directory, default: [:]][name] = node
                if let rename { renamed.insert(rename) }
            case .clear(let directory, let name, let rename):
                if rename.map({ renamed.contains($0) }) ?? true {
                    directories[directory]?[name] = nil
                }
            case .writeBack(let file):
                guard let bytes = pending.writtenBack[index] else { break }
                pending.synced[file] = bytes
                if pending.contents[file]?.last == bytes { pending.contents[file] = nil }
            default: break
            }
        }
        var files = pending.synced
        for (file, contents) in pending.contents {
            let last = contents.last ?? []
            switch tear {
            case .old: files[file] = pending.synced[file] ?? []
            case .new: files[file] = last
            case .empty: files[file] = []
            case .zeros: files[file] = [UInt8](repeating: 0, count: last.count)
            }
        }
        let last = count > 0 ? recording.changes[count - 1].what : "the beginning"
        let missing = pending.entries.filter { !chosen.contains($0) }
            .map { recording.changes[$0].what }
        return CrashState(
            files: files, directories: directories, told: pending.told,
            what: "after \(last), \(tear) content, without \(missing)")
    }
}

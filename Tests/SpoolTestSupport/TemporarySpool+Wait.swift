import Glibc
import Spool
import SpoolSystem

extension TemporarySpool {
    /// Waits until something is so. Looks again whenever a file of the spool changes, and now and then for
    /// what no file tells.
    ///
    /// - Throws: after `seconds`, with what lies in the spool.
    package func wait(
        _ what: String, upTo seconds: Int64 = 120, until isSo: () throws -> Bool
    ) throws {
        let watch = try DirectoryWatch()
        let deadline = Clock.monotonic() + seconds * 1_000_000_000
        while true {
            for directory in watchedDirectories() {
                _ = try? watch.watch(directory, [.appearing, .vanishing, .writing])
            }
            if try isSo() { return }
            if Clock.monotonic() > deadline {
                throw FileTree.Failure(
                    description: "waited \(seconds) s in vain until \(what); there are"
                        + " \((try? jobPaths()) ?? []), in incoming/ \((try? names("incoming")) ?? [])"
                        + " and in dead-letter/ \((try? names("dead-letter")) ?? [])")
            }
            var ready = pollfd(fd: watch.number, events: Int16(POLLIN), revents: 0)
            _ = poll(&ready, 1, 50)
            _ = try watch.read()
        }
    }

    private func watchedDirectories() -> [String] {
        var paths = [home, self["workers"], self["state"]]
        paths += Place.allCases.map { self[$0.rawValue] }
        paths += ((try? names("done")) ?? []).map { self["done/" + $0] }
        return paths.filter { FileTree.exists($0) }
    }

    /// Waits until a file that is changed now has a later change time than any that was changed before.
    package func waitForTick() throws {
        func stamp() throws -> Int64 {
            try FileTree.write(base + "/tick", [])
            return try Directory(path: base).status(of: "tick")?.changed ?? 0
        }
        let before = try stamp()
        try wait("the clock of change times has ticked") { try stamp() > before }
    }

    /// Waits until a job lies in a place.
    package func wait(for id: String, in place: Place) throws {
        try wait("\(id) lies in \(place.rawValue)/") { try self.place(of: id) == place }
    }

    /// Where a job lies now; nil when it is nowhere.
    package func place(of id: String) throws -> Place? {
        guard let id = JobID(id) else { return nil }
        return try Lookup(open().storage).locate(id).last?.place
    }
}

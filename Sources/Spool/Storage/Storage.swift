import SpoolSystem
import SpoolTime

/// The open directory of a spool, with the facts known of it. Its operations name the path and the call in their
/// errors.
package final class Storage: Sendable {
    package let root: Directory
    /// The directory itself, as it was when it was opened.
    package let opened: FileStatus
    /// Now, in microseconds since the epoch.
    package let now: @Sendable () -> Instant
    /// Whether `now` is somebody's own reckoning, which the dates of files have to be compared with, too.
    let hasOwnClock: Bool
    package let ids: JobIDGenerator
    /// For dropped files: each gets the time of its dropping, also one that is found late.
    let dropIDs = JobIDGenerator(tolerance: .milliseconds(1))
    package let rules: AdmissionRules
    let history = HistoryFile()
    package let traits: FileSystemTraits

    init(
        _ root: Directory, opened: FileStatus, rules: AdmissionRules, ids: JobIDGenerator,
        now: (@Sendable () -> Instant)?
    ) {
        self.root = root
        traits = FileSystemTraits(root)
        self.opened = opened
        self.rules = rules
        self.ids = ids
        self.now = now ?? { Instant(nanoseconds: Clock.realtime()) }
        hasOwnClock = now != nil
    }

    /// Tells which users may have written a file that is obeyed.
    package var trust: FileTrust { FileTrust(owner: opened.owner) }

    /// The descriptors that a forked process must keep open if it goes on with this object.
    package var descriptors: [CInt] { [root.number] + (history.number.map { [$0] } ?? []) }

    /// The path by which the spool was opened.
    package var path: String { root.path }

    /// The present path of the spool: the one by which it was opened, unless it has been moved since.
    package func presentPath() -> String {
        // Through links too, as it was opened.
        let there = (try? root.statusOfTarget(path)) ?? nil
        return there?.identity == opened.identity ? path : root.presentPath() ?? path
    }

    /// Makes a directory of the layout, or below it, that isn't there (any more). Its own name is durable before a job
    /// gets a name in it. If it weren't, the job's name would go with it.
    package func makeDirectory(_ name: String) throws(SpoolError) {
        try requireNoLink(onTheWayTo: SpoolLayout.directory(of: name))
        try onPath(path + "/" + name, "mkdir") { () throws(Errno) in try root.makeDirectory(name) }
        try syncDirectory(ofPath: name)
    }

    /// The same for a directory that is there, if it is: somebody else may have made it just now, and not have synced
    /// that yet. If the file system commits in order, its name comes before those in it anyway.
    ///
    /// - Parameter status: of the directory; nil if it isn't there.
    func flushDirectory(
        of location: JobLocation, _ status: FileStatus?
    ) throws(SpoolError) {
        guard location.subdirectory != nil, !traits.commitsInOrder else { return }
        let name = location.directory
        guard let identity = status?.identity, !traits.isDurable(name, identity) else { return }
        try syncDirectory(ofPath: name)
        traits.setDurable(name, identity)
    }

    /// Makes the names in the directory of `target` durable.
    package func syncDirectory(ofPath target: String) throws(SpoolError) {
        let directory = SpoolLayout.directory(of: target)
        try withoutLinks(to: directory) { () throws(SpoolError) in
            try onPath(path + "/" + (directory.isEmpty ? "." : directory), "fsync") {
                () throws(Errno) in
                if directory.isEmpty { return try root.sync() }
                try root.subdirectory(directory).sync()
            }
        }
    }
}

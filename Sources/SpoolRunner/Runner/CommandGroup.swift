import SpoolSystem

/// The process group of a command, until none of its processes lives.
///
/// Most of them are children of this process, or become its children as their parents end. SIGCHLD tells of their ends.
/// A process isn't a child if its parent has left the group, as by setsid(2), and lives. A pidfd tells of the end of one
/// of these.
struct CommandGroup {
    private enum Look {
        /// The command itself hasn't been taken.
        case command
        /// Children of this process, and maybe others. The group keeps its number until they have been taken, or have
        /// left it.
        case children
        /// Others only. None are named if they can't be seen.
        case others([ProcessTable.Stat])
        case none
    }

    private let group: ProcessGroup
    private let loop: EventLoop<RunnerContext.Source>
    private var last = Look.command
    /// The pidfd of one of the others.
    private var watched: CInt?

    /// The most looks in a row, if each shows processes that end before they are watched.
    private static let mostLooks = 3

    /// - Parameter leader: the pid of the command, which hasn't been taken.
    init(of leader: Int32, _ loop: EventLoop<RunnerContext.Source>) {
        group = ProcessGroup(leader)
        self.loop = loop
    }

    /// The pid of the command.
    var leader: Int32 { group.number }

    /// Whether the command itself has been taken, and the last look showed others.
    var isLeft: Bool {
        switch last {
        case .children, .others: true
        case .command, .none: false
        }
    }

    /// The living processes that were left at the last look; none if they can't be seen.
    var members: [ProcessTable.Stat] {
        switch last {
        case .command, .none: return []
        case .others(let members): return members
        case .children:
            guard case .some(let members) = group.livingMembers else { return [] }
            return members
        }
    }

    /// Looks whether processes are left, once the command itself has been taken.
    ///
    /// - Parameter hasChildren: whether this process has any child. Each descendant has an ancestor that is one, as this
    ///   process is a subreaper.
    mutating func look(hasChildren: Bool) -> Bool {
        if !hasChildren {
            last = .none
        } else if hasChildInGroup {
            last = .children
        } else if case .some(let members) = group.livingMembers {
            last = .others(members)
        } else {
            last = .none
        }
        return isLeft
    }

    /// Looks as `look` does, and has an event tell when to look again.
    mutating func lookAndWatch(hasChildren: Bool) -> Bool {
        if watched != nil { return true }
        for _ in 0..<CommandGroup.mostLooks {
            guard look(hasChildren: hasChildren) else { return false }
            guard case .others(let members) = last else { return true }
            for member in members where watch(member.pid) { return true }
        }
        // They can't be watched. The next heartbeat looks again.
        return true
    }

    private var hasChildInGroup: Bool {
        while true {
            switch Children.reap(-group.number) {
            case .ended: continue
            case .running: return true
            case .none: return false
            }
        }
    }

    private mutating func watch(_ pid: Int32) -> Bool {
        guard let handle = try? ProcessIdentity.openHandle(pid) else { return false }
        do throws(Errno) {
            try loop.watch(handle, as: .group)
            watched = handle
            return true
        } catch {
            BareDescriptor(handle).close()
            return false
        }
    }

    /// Ends the watch, so that the next look is a new one.
    mutating func stopWatching() {
        guard let handle = watched.take() else { return }
        try? loop.stopWatching(handle)
        BareDescriptor(handle).close()
    }

    /// Signals all processes of the group.
    ///
    /// - Throws: EPERM if none of them may be signalled.
    func signal(_ signal: CInt) throws(Errno) {
        switch last {
        case .command: break
        case .children, .others:
            // Once the last of them has gone, or has left, the number may be another group's.
            if !hasChildInGroup, case .none = group.livingMembers { return }
        case .none: return
        }
        try group.signal(signal)
    }
}

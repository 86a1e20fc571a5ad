/// Every legal change of state, as spool-format(5) prints it. No file is renamed in the spool but along a
/// row of this table.
package struct Transition: Hashable, Sendable {
    /// The verb of a change of state, as it stands in the history.
    package enum Verb: String, CaseIterable, Sendable {
        /// Written by a client into its place.
        case submit
        /// A dropped file was found to be a job and got its proper name, or was found not to be one.
        case admit
        case reject
        /// A worker took it.
        case claim
        /// The claim led to nothing: the command had not begun.
        case putBack = "put-back"
        /// The command was let go. The place stays the same, the content changes.
        case start
        /// The attempt has ended.
        case finish
        /// A dead attempt was found.
        case recover
        /// Its time has come.
        case due
        case cancel
        case expire
        case hold
        case release
        case retry
        case move
        case edit
        case clean
        /// Put right by a check.
        case repair
    }

    package let verb: Verb
    /// nil: from outside, it didn't exist before.
    package let from: Place?
    /// nil: the file is removed.
    package let to: Place?

    package init(_ verb: Verb, _ from: Place?, _ to: Place?) {
        self.verb = verb
        self.from = from
        self.to = to
    }

    package static let table: [Transition] = {
        var rows: [Transition] = []
        func allow(_ verb: Verb, from: [Place?], to: [Place?]) {
            for source in from {
                for target in to { rows.append(Transition(verb, source, target)) }
            }
        }
        allow(.submit, from: [nil], to: [.incoming, .scheduled, .held])
        allow(.admit, from: [.incoming], to: [.incoming, .scheduled])
        allow(
            .reject,
            from: [.incoming, .scheduled, .blocked, .held, .running, .done, .failed],
            to: [.deadLetter])
        allow(.claim, from: [.incoming], to: [.running])
        allow(.putBack, from: [.running], to: [.incoming])
        allow(.start, from: [.running], to: [.running])
        allow(.finish, from: [.running], to: [.done, .failed, .scheduled, .deadLetter])
        allow(.recover, from: [.running], to: [.done, .failed, .scheduled, .deadLetter])
        allow(.due, from: [.scheduled], to: [.incoming])
        // The job of a slot has no place before it ends, if another one has its key.
        allow(.cancel, from: [.incoming, .scheduled, .blocked, .held, nil], to: [.failed])
        allow(.expire, from: [.incoming], to: [.failed])
        allow(.hold, from: [.incoming, .scheduled, .blocked], to: [.held])
        allow(.release, from: [.held], to: [.incoming, .scheduled])
        allow(.retry, from: [.done, .failed, .deadLetter], to: [.incoming])
        allow(.move, from: [.incoming, .scheduled], to: [.incoming, .scheduled])
        allow(.move, from: [.blocked], to: [.blocked])
        allow(.move, from: [.held], to: [.held])
        for place in [Place.incoming, .scheduled, .blocked, .held] {
            allow(.edit, from: [place], to: [place])
        }
        allow(.clean, from: [.done, .failed, .deadLetter], to: [nil])
        for place in Place.allCases {
            allow(
                .repair, from: [place], to: place == .deadLetter ? [place] : [place, .deadLetter])
        }
        return rows
    }()

    private static let rows = Set(table)

    package static func isLegal(_ verb: Verb, from: Place?, to: Place?) -> Bool {
        rows.contains(Transition(verb, from, to))
    }
}

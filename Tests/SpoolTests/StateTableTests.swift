import SpoolTime
import Testing

@testable import Spool

/// The table of spool-format(5), every combination of it.
struct StateTableTests {
    private typealias Verb = Transition.Verb

    /// The same table in other words: the legal targets for each verb and source.
    private func targets(_ verb: Transition.Verb, from: Place?) -> Set<Place?> {
        switch (verb, from) {
        case (.submit, nil): [.incoming, .scheduled, .held]
        case (.admit, .incoming): [.incoming, .scheduled]
        case (.reject, .incoming), (.reject, .scheduled), (.reject, .blocked), (.reject, .held),
            (.reject, .running), (.reject, .done), (.reject, .failed):
            [.deadLetter]
        case (.claim, .incoming): [.running]
        case (.putBack, .running): [.incoming]
        case (.start, .running): [.running]
        case (.finish, .running), (.recover, .running): [.done, .failed, .scheduled, .deadLetter]
        case (.due, .scheduled): [.incoming]
        case (.cancel, nil), (.cancel, .incoming), (.cancel, .scheduled), (.cancel, .blocked),
            (.cancel, .held):
            [.failed]
        case (.expire, .incoming): [.failed]
        case (.hold, .incoming), (.hold, .scheduled), (.hold, .blocked): [.held]
        case (.release, .held): [.incoming, .scheduled]
        case (.retry, .done), (.retry, .failed), (.retry, .deadLetter): [.incoming]
        case (.move, .incoming), (.move, .scheduled): [.incoming, .scheduled]
        case (.move, .blocked): [.blocked]
        case (.move, .held): [.held]
        case (.edit, .incoming): [.incoming]
        case (.edit, .scheduled): [.scheduled]
        case (.edit, .blocked): [.blocked]
        case (.edit, .held): [.held]
        case (.clean, .done), (.clean, .failed), (.clean, .deadLetter): [nil]
        case (.repair, let place?): [place, .deadLetter]
        default: []
        }
    }

    @Test(arguments: Transition.Verb.allCases)
    func allowsExactlyTheseChanges(verb: Transition.Verb) {
        let places: [Place?] = [nil] + Place.allCases.map(Optional.some)
        for from in places {
            let legal = targets(verb, from: from)
            for to in places {
                #expect(
                    Transition.isLegal(verb, from: from, to: to) == legal.contains(to),
                    "\(verb): \(from?.rawValue ?? "-") to \(to?.rawValue ?? "-")")
            }
        }
    }

    @Test func noRowStandsTwice() {
        #expect(Set(Transition.table).count == Transition.table.count)
        #expect(Set(Transition.table.map(\.verb)) == Set(Transition.Verb.allCases))
    }

    @Test func everyPlaceButTheEndsCanBeLeftAndReached() {
        for place in Place.allCases where place != .blocked {
            #expect(Transition.table.contains { $0.to == place && $0.from != place })
            #expect(Transition.table.contains { $0.from == place && $0.to != place })
        }
    }

    @Test func theProperNameOfEachStateFitsItsPlaceAndNoOther() throws {
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        let now = Instant(milliseconds: 1_800_000_000_000)
        let locations: [JobLocation] = [
            .incoming(id, queue: "default", .normal), .incoming(id, queue: "lane", .low),
            .scheduled(id, due: now, .high), .held(id, .normal), .running(id, attempt: 3),
            .done(id, finishedAt: now), .failed(id), .deadLetter(id),
        ]
        for location in locations {
            #expect(location.name.fits(location.place), "\(location.path)")
            #expect(JobFileName(location.name.text) == location.name)
            let fitting = Set(Place.allCases.filter { location.name.fits($0) })
            let alike: Set<Place> =
                switch location.place {
                case .incoming, .held, .blocked: [.incoming, .held, .blocked]
                case .done, .failed, .deadLetter: [.done, .failed, .deadLetter]
                default: [location.place]
                }
            #expect(fitting == alike)
        }
        #expect(locations[0].path == "incoming/5-\(id).json")
        #expect(locations[1].path == "incoming/lane/7-\(id).json")
        #expect(locations[5].path == "done/2027-01-15/\(id).json")
    }

    @Test func dueTimesInNamesAreNeverEarly() throws {
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        for microseconds in [0, 1, 999, 1000, 1001] as [Int64] {
            let due = Instant(microseconds: 1_800_000_000_000_000 + microseconds)
            let named = try #require(JobLocation.scheduled(id, due: due, .normal).name.due)
            #expect(named >= due && (named - due).microseconds < 1000)
        }
    }

    @Test func placesWaitRunOrHaveEnded() {
        #expect(Place.allCases.filter(\.isWaiting) == [.incoming, .scheduled, .blocked, .held])
        #expect(Place.allCases.filter(\.isEnded) == [.done, .failed, .deadLetter])
        for state in JobState.allCases {
            #expect(Attempt.Outcome(rawValue: state.rawValue) == nil || state.isFinal)
        }
    }

    @Test func theDirectoryDecidesTheState() {
        for state in [nil] + JobState.allCases.map(Optional.some) {
            var job = Job(command: .shell("true"))
            job.state = state
            #expect(JobState(job, in: .incoming) == .queued)
            #expect(JobState(job, in: .running) == .running)
            #expect(JobState(job, in: .done) == .completed)
            #expect(JobState(job, in: .deadLetter) == .dead)
            #expect(JobState(job, in: .held) == .held)
            #expect(JobState(job, in: .blocked) == .blocked)
            #expect(JobState(job, in: .scheduled) == (state == .retrying ? .retrying : .scheduled))
            let failures: Set<JobState?> = [.failed, .timedOut, .interrupted]
            let expected = failures.contains(state) ? state : .cancelled
            #expect(JobState(job, in: .failed) == expected)
        }
        #expect(JobState(nil, in: .failed) == .cancelled)
    }
}

import SpoolTestSupport

/// A job that is to be submitted: what it does, and what its end must look like.
struct JobPlan {
    enum Manner: String, CaseIterable {
        case plain
        /// Ignores SIGTERM.
        case stubborn
        /// Leaves a child behind in its process group.
        case family
    }

    /// Each begin and each end is one line, written at once.
    static let script = """
        #!/bin/sh
        # job.sh TOKEN SECONDS EXIT-CODE OUTPUT-BYTES MANNER
        token=$1
        [ -z "$SPOOL_ENTRY" ] || token=$SPOOL_ENTRY@$SPOOL_SLOT@$SPOOL_MISSED
        dir=${0%/*}
        n=${SPOOL_JOB_FILE%.json}
        n=${n##*.}
        echo "begin $token $SPOOL_JOB_ID $n $$" >>"$dir/proof"
        case $5 in
        stubborn) trap '' TERM ;;
        family) sleep 1 & ;;
        esac
        [ "$4" = 0 ] || head -c "$4" "$dir/data"
        [ "$2" = 0 ] || sleep "$2"
        echo "end $token $SPOOL_JOB_ID $n $3" >>"$dir/proof"
        exit "$3"

        """

    static let queues = ["default", "alpha", "beta"]

    let token: String
    let milliseconds: Int
    let exitCode: Int
    let outputBytes: Int
    let manner: Manner
    let maxAttempts: Int
    let timeout: Int?
    let queue: String
    let rank: Int
    let delay: Int?
    let isSynced: Bool

    init(token: String, using random: inout SeededGenerator) {
        self.token = token
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        milliseconds = chance(45) ? 0 : Int.random(in: 1...300, using: &random)
        // None that the program gives a meaning of its own, but for 75 and 100, which steer retries.
        exitCode =
            chance(65) ? 0 : [1, 2, 3, 17, 42, 75, 100, 200].randomElement(using: &random) ?? 1
        outputBytes =
            chance(60) ? 0 : chance(95) ? Int.random(in: 1...2000, using: &random) : 30_000
        manner = chance(90) ? .plain : chance(50) ? .stubborn : .family
        maxAttempts = chance(70) ? 1 : 3
        timeout = chance(8) ? Int.random(in: 20...250, using: &random) : nil
        queue = chance(60) ? "default" : chance(50) ? "alpha" : "beta"
        rank = chance(60) ? 5 : Int.random(in: 0...9, using: &random)
        delay = chance(8) ? Int.random(in: 50...1500, using: &random) : nil
        isSynced = chance(70)
    }

    /// The job of an entry's slot.
    init(token: String, _ recurrence: Recurrence) {
        self.token = token
        milliseconds = recurrence.milliseconds
        exitCode = 0
        outputBytes = 0
        manner = .plain
        maxAttempts = recurrence.maxAttempts
        timeout = nil
        queue = "default"
        rank = 5
        delay = nil
        isSynced = true
    }

    func words(_ script: String) -> [String] {
        let fraction = String(1000 + milliseconds).dropFirst()
        return [
            script, token, milliseconds == 0 ? "0" : "0.\(fraction)", "\(exitCode)",
            "\(outputBytes)", manner.rawValue,
        ]
    }

    /// The options of `spool run`.
    var options: [String] {
        var options = ["--tag", "chaos=\(token)", "-q", queue, "-p", "\(rank)"]
        if maxAttempts > 1 { options += ["-m", "\(maxAttempts)", "--backoff", "fixed:200ms"] }
        if let timeout { options += ["-t", "\(timeout)ms", "--kill-after", "300ms"] }
        if timeout == nil && manner != .plain { options += ["--kill-after", "300ms"] }
        if let delay { options += ["-d", "\(delay)ms"] }
        if !isSynced { options += ["--sync", "off"] }
        return options
    }

    func json(_ script: String) -> String {
        let command = words(script).map { "\"\($0)\"" }.joined(separator: ",")
        var fields = [
            "\"command\":[\(command)]", "\"tags\":{\"chaos\":\"\(token)\"}",
            "\"queue\":\"\(queue)\"", "\"priority\":\(rank)",
        ]
        if maxAttempts > 1 {
            fields.append("\"max_attempts\":\(maxAttempts)")
            fields.append("\"backoff\":{\"kind\":\"fixed\",\"delay\":\"200ms\"}")
        }
        if let timeout { fields.append("\"timeout\":\"\(timeout)ms\"") }
        if timeout != nil || manner != .plain { fields.append("\"kill_after\":\"300ms\"") }
        if let delay { fields.append("\"delay\":\"\(delay)ms\"") }
        if !isSynced { fields.append("\"sync\":\"off\"") }
        return "{" + fields.joined(separator: ",") + "}"
    }
}

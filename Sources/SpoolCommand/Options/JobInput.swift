import Spool

/// A file of jobs: one object, or one a line.
package struct JobInput {
    /// All that one command may read, in bytes.
    package static let limit = 1 << 30

    let file: String
    let isLines: Bool

    func read(_ caller: Caller) throws(SpoolError) -> [Job] {
        let bytes =
            file == "-" ? try caller.readInput(limit: JobInput.limit) : try content(caller)
        guard bytes.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
            throw SpoolError(.invalidJob, "\(name) is empty: there is no job in it")
        }
        return
            isLines || looksLikeLines(bytes) ? try lines(bytes) : [try job(bytes, line: nil)]
    }

    /// Its name in messages.
    private var name: String { Caller.name(of: file) }

    private func content(_ caller: Caller) throws(SpoolError) -> [UInt8] {
        do throws(SpoolError) {
            return try caller.readFile(file, limit: JobInput.limit)
        } catch {
            guard error.code == .notFound, !file.isEmpty, !file.hasSuffix(".json"),
                !file.hasSuffix(".jsonl")
            else { throw error }
            // Other queues take a command in the place of a file.
            throw SpoolError(
                .notFound,
                "\(error.message); a command is submitted by 'spool run -- COMMAND ...'", path: file
            )
        }
    }

    /// More than one line, of which the first is a whole object.
    private func looksLikeLines(_ bytes: [UInt8]) -> Bool {
        guard let lineBreak = bytes.firstIndex(of: UInt8(ascii: "\n")),
            bytes[lineBreak...].contains(where: { !" \t\r\n".utf8.contains($0) })
        else { return false }
        // Whether it is JSON is all that is asked.
        return (try? JSONSyntax.check(Array(bytes[..<lineBreak]))) != nil
    }

    /// Every line is checked before the first job is submitted.
    private func lines(_ bytes: [UInt8]) throws(SpoolError) -> [Job] {
        var jobs: [Job] = []
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            if line.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            jobs.append(try job(Array(line), line: number))
        }
        return jobs
    }

    private func job(_ bytes: [UInt8], line: Int?) throws(SpoolError) -> Job {
        do throws(SpoolError) {
            let job = try Job(json: bytes, line == nil ? .job : .jobLine)
            // Jobs before it may be in the spool when its own file is made.
            try Submit.requireSize(of: job, readFrom: bytes.count)
            return job
        } catch {
            let place = line.map { "\(name):\($0)" } ?? name
            throw SpoolError(error.code, "\(place): \(error.message)")
        }
    }
}

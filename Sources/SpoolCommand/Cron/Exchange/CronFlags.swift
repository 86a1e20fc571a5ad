/// `-n`, `-q` and `-s`, which other crons read before the command.
struct CronFlags {
    /// Only one at a time.
    private(set) var isSingle = false

    /// Takes the flags away from a command.
    ///
    /// - Returns: nil for what is neither a flag nor a command, which has been said.
    init?(
        _ command: inout Substring, _ place: String, _ line: String,
        _ translation: inout CronTranslation
    ) {
        while command.first == "-" {
            let word = command.prefix { $0 != " " && $0 != "\t" }
            guard word.count > 1, word.dropFirst().allSatisfy({ "nqs".contains($0) }) else {
                translation.lose(place, "no program is called `\(word)`", line)
                return nil
            }
            command = command.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
            if word.contains("s") { isSingle = true }
            if word.contains("q") {
                translation.note(place, "the `-q` that keeps cron from logging is left out")
            }
            if word.contains("n") {
                translation.lose(
                    place, "`-n` can't be said: there is mail about a success too if it has output")
            }
        }
        if command.isEmpty {
            translation.lose(place, "there is no command", line)
            return nil
        }
    }
}

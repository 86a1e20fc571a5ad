/// A crontab in another program's words, and what could not be carried over.
package struct CronTranslation {
    /// Something of the original that is different in the translation, or not in it.
    package struct Note {
        /// In the original, such as `crontab:3` or `backup.timer:7`.
        package let place: String
        package let message: String
        /// Whether something is lost, not only said in another way.
        package let isLoss: Bool
    }

    package internal(set) var lines: [String] = []
    package private(set) var notes: [Note] = []

    package var hasLosses: Bool { notes.contains(where: \.isLoss) }

    mutating func note(_ place: String, _ message: String) {
        notes.append(Note(place: place, message: message, isLoss: false))
    }

    /// Something that isn't carried over: said in the text too.
    mutating func lose(_ place: String, _ message: String, _ original: String? = nil) {
        notes.append(Note(place: place, message: message, isLoss: true))
        lines.append("# not carried over: \(message)")
        if let original { lines.append("# \(original)") }
    }
}

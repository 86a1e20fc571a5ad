import Spool

/// `spool cron import` and `spool cron export`: the translation on standard output, and what became of the rest on
/// standard error.
enum TranslationView {
    /// - Returns: the exit status.
    static func show(_ translation: CronTranslation, _ console: Console) throws(SpoolError) -> Int32
    {
        for line in translation.lines { try console.print(line) }
        try console.flush()
        for note in translation.notes {
            let kind = note.isLoss ? "not carried over: " : ""
            console.say(Printable.text("\(note.place): \(kind)\(note.message)"))
        }
        return translation.hasLosses ? ExitStatus.negative : ExitStatus.success
    }
}

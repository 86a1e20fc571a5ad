import Glibc
import SpoolTestSupport

/// Those who edit what recurs.
extension Chaos {
    /// What the files that stay say.
    private func entries(_ file: String) -> [Recurrence] {
        file == "crontab" ? crontab : Recurrence.files[file] ?? []
    }

    private func path(_ file: String) -> String {
        "\(host.spool)/" + (file == "crontab" ? file : "cron.d/\(file)")
    }

    private func text(_ entries: [Recurrence]) -> String {
        entries.map { $0.text(host.script) }.joined(separator: "\n")
    }

    func installCrontabs() throws {
        for file in ["crontab"] + Recurrence.files.keys.sorted() {
            entries(file).forEach(ledger.slots.begin)
            try FileTree.write(path(file), Array(text(entries(file)).utf8))
        }
    }

    /// Takes all entries away.
    func removeCrontabs() {
        for file in ["crontab", "edited"] + Recurrence.files.keys { unlink(path(file)) }
        ledger.slots.end { _ in true }
    }

    /// As `mv` does, all at once.
    private func put(_ text: String, _ file: String) -> Bool {
        let source = "\(host.spool)/tmp/chaos-\(file)"
        guard (try? FileTree.write(source, Array(text.utf8))) != nil,
            Glibc.rename(source, path(file)) == 0
        else {
            unlink(source)
            return false
        }
        return true
    }

    func editCrontabs() {
        guard !isEditing else { return }
        switch number(0...9) {
        case 0, 1: breakFile(pick(["crontab", "last", "overlap"]) ?? "crontab")
        case 2: rearrange(pick(["crontab", "last", "overlap"]) ?? "crontab")
        case 3: breakFile("edited")
        case 4, 5: removeGeneration()
        default: nextGeneration()
        }
    }

    /// Other lines around the entries change nothing, nor does their order.
    private func rearrange(_ file: String) {
        guard put("# \(number(0...999))\n" + text(entries(file).reversed()), file) else { return }
        host.note("rearranged \(file)")
    }

    /// A text with an error is in force in no part; what was before it is.
    private func breakFile(_ file: String) {
        let never = Recurrence(name: "never", rule: .multiples(1), overlap: .allow)
        guard put(text(entries(file) + [never]) + "61 * * * * false\n", file) else { return }
        host.note("broke \(file)")
        guard file != "edited" else { return }
        isEditing = true
        after(300...4000) { [self] in
            isEditing = false
            host.note("restored \(file): \(put(text(entries(file)), file))")
        }
    }

    // MARK: cron.d/edited

    static func isGeneration(_ recurrence: Recurrence) -> Bool {
        recurrence.name.hasPrefix("edit-")
    }

    /// Some editors take a file away before they write it anew.
    private func removeGeneration() {
        guard unlink(path("edited")) == 0 else { return }
        host.note("rm edited")
        isEditing = true
        if chance(40) {
            return after(50...2500) { [self] in
                isEditing = false
                nextGeneration()
            }
        }
        awaitForgetting()
    }

    /// Until a scheduler has noticed, a broken text would bring the old entries back.
    private func awaitForgetting() {
        after(300...300) { [self] in
            let isKnown = tree.names("state/crontabs").contains("cron.d-edited")
            guard isOver || (pool.lasting == 0 && !isKnown) else { return awaitForgetting() }
            isEditing = false
            ledger.slots.end(Chaos.isGeneration)
        }
    }

    private func nextGeneration() {
        generation += 1
        let next = Recurrence.generation(generation)
        let text = text([next])
        host.note("edited: \(next.name)")
        ledger.slots.begin(next)
        let source = host.home + "/edited"
        switch number(0...2) {
        case 0:
            if put(text, "edited") { isInForce(next) }
        case 1:
            write(
                next, ["/bin/sh", "-c", "printf '%s' \"$1\" >\"$2\"", "sh", text, path("edited")])
        default:
            guard (try? FileTree.write(source, Array(text.utf8))) != nil else { return }
            write(next, [host.binary, "cron", "edit", "-f", source, "edited"])
        }
    }

    /// Takes away what is on record of entries that are long gone: that stays for a day, and the disk is small.
    func takeOldMarks() {
        for name in tree.names("state/slots") where name.hasPrefix("edit-") {
            let number = name.dropFirst(5).prefix { $0.isNumber }
            guard let number = Int(number), number < generation - 40 else { continue }
            let path = "\(host.spool)/state/slots/\(name)"
            guard let bytes = try? FileTree.read(path) else { continue }
            guard (try? FileTree.write("\(host.marks)/\(name)", bytes)) != nil else { continue }
            unlink(path)
        }
    }

    /// Whoever is killed may have done it, or half of it.
    private func write(_ next: Recurrence, _ words: [String]) {
        isEditing = true
        do {
            let actor = try pool.start(.changer, words) { [self] _, result in
                isEditing = false
                host.note("edited: \(next.name): \(result.status)")
                if result.status == 0 { isInForce(next) }
            }
            mayHurt(actor)
        } catch { isEditing = false }
    }

    /// The one before it surely is no more.
    private func isInForce(_ next: Recurrence) {
        ledger.slots.end { Chaos.isGeneration($0) && $0.name != next.name }
    }
}

import SpoolSystem

extension ZoneDatabase {
    /// The advice about a name that is no zone's. It stands at the end of an error, so it may take its time. Only the
    /// zone that the name evidently means is offered.
    func advice(for name: String) -> String {
        let wanted = ZoneDatabase.plain(name)
        guard wanted.contains(where: { $0 != "_" && $0 != "/" }) else {
            return "write one as the tz database does, such as Europe/Paris"
        }
        let meant = ZoneAdvice.zones(of: abbreviation(in: name)).filter(has)
        if !meant.isEmpty {
            let what = name.allSatisfy(\.isLetter) ? "an abbreviation" : "a rule of POSIX's"
            return "it is \(what), not a zone with its history: write \(Words.list(meant, "or"))"
        }
        if let offset = WrittenOffset(name) { return advice(for: offset) }
        let names = directories.flatMap { ZoneDatabase.names(in: $0, below: "", depth: 3) }.sorted()
        let near =
            names.first { ZoneDatabase.plain($0) == wanted } ?? placed(wanted, among: names)
            ?? nearest(to: wanted, among: names)
        return "write \(near ?? "one as the tz database does, such as Europe/Paris")"
    }

    private func advice(for offset: WrittenOffset) -> String {
        let other = "a place's zone, such as Europe/Paris"
        guard let zone = offset.zone, zone == "UTC" || has(zone) else {
            return "no zone has that distance from UTC the whole year: write \(other)"
        }
        guard zone.hasPrefix("Etc/") else { return "write \(zone)" }
        let hours = abs(offset.minutes) / 60
        let distance = "\(hours) hour\(hours == 1 ? "" : "s")"
        let side = offset.minutes > 0 ? "ahead of" : "behind"
        return "for \(distance) \(side) UTC the whole year write \(zone), where the sign is turned"
            + " round; for a clock with summer time write \(other)"
    }

    /// The abbreviation that a name is, or that begins a rule of POSIX's such as `PST8PDT`.
    private func abbreviation(in name: String) -> String {
        let letters = name.prefix { $0.isASCII && $0.isLetter }
        let rest = name.dropFirst(letters.count)
        let isRule =
            rest.drop { $0 == "-" || $0 == "+" }.first?.isNumber ?? false
            && !["UTC", "GMT", "Z"].contains(letters.uppercased())
        return rest.isEmpty || isRule ? letters.uppercased() : ""
    }

    private func has(_ zone: String) -> Bool {
        zone == "UTC" || directories.contains { ZoneFileIdentity(path: "\($0)/\(zone)") != nil }
    }

    /// The zone of a place: by its own name, whatever region stands before it, or by the one it belongs to.
    private func placed(_ wanted: String, among names: [String]) -> String? {
        let place = ZoneDatabase.place(of: wanted)
        let own = Set(names.filter { $0.contains("/") && ZoneDatabase.place(of: $0) == place })
        if own.count == 1, let zone = own.first { return zone }
        let zone = ZoneAdvice.zone(ofPlace: wanted) ?? ZoneAdvice.zone(ofPlace: place)
        return zone.flatMap { has($0) ? $0 : nil }
    }

    /// The part after the last slash, in small letters.
    private static func place(of name: String) -> String {
        plain(name).split(separator: "/").last.map(String.init) ?? ""
    }

    /// The zone whose place takes the fewest letters to change. One letter may differ, or two in a long name, and no
    /// other zone may take as few. A region has to be the same.
    private func nearest(to wanted: String, among names: [String]) -> String? {
        let region = wanted.split(separator: "/").dropLast().joined(separator: "/")
        let letters = Array(ZoneDatabase.place(of: wanted))
        let limit = letters.count < 4 ? 0 : letters.count < 8 ? 1 : 2
        var best: (names: [String], distance: Int) = ([], limit)
        for name in names where name.contains("/") {
            let plain = ZoneDatabase.plain(name)
            guard region.isEmpty || plain.hasPrefix(region + "/") else { continue }
            let other = Array(ZoneDatabase.place(of: name))
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = ZoneDatabase.distance(letters, other)
            if distance < best.distance {
                best = ([name], distance)
            } else if distance == best.distance {
                best.names.append(name)
            }
        }
        return best.names.count == 1 && best.distance > 0 ? best.names[0] : nil
    }

    /// Letters to insert, take away or replace (Levenshtein).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = index
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }

    /// Every file's name below a directory of zones. Copies with other rules and lists, which are no
    /// zones, don't matter here: the nearest name is offered, not taken.
    private static func names(in directory: String, below prefix: String, depth: Int) -> [String] {
        guard depth > 0, let files = try? Directory(path: directory) else { return [] }
        var names: [String] = []
        // Zones of a directory that can't be read aren't offered.
        try? files.forEachEntry(in: ".") { entry in
            guard let first = entry.name.utf8.first, (65...90).contains(first) else { return }
            if entry.kind == .directory {
                let inside = "\(directory)/\(entry.name)"
                names += self.names(
                    in: inside, below: "\(prefix)\(entry.name)/", depth: depth - 1)
            } else {
                names.append(prefix + entry.name)
            }
        }
        return names
    }
}

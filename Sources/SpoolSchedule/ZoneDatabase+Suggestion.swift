import Glibc

extension ZoneDatabase {
    /// What was probably meant by a name that is no zone's: for the error, so it may take its time.
    func suggestion(for name: String) -> String {
        let wanted = ZoneDatabase.plain(name)
        let names = directories.flatMap { ZoneDatabase.names(in: $0, below: "", depth: 3) }.sorted()
        let near =
            names.first { ZoneDatabase.plain($0) == wanted }
            ?? names.first { ZoneDatabase.plain($0).split(separator: "/").last ?? "" == wanted }
            ?? nearest(to: wanted, among: names)
        return near ?? "one as the tz database does, such as Europe/Paris"
    }

    /// The name with the fewest letters to change, when they are one or two.
    private func nearest(to wanted: String, among names: [String]) -> String? {
        let letters = Array(wanted)
        var best: (name: String, distance: Int)?
        for name in names {
            let other = Array(ZoneDatabase.plain(name))
            guard abs(other.count - letters.count) <= 2 else { continue }
            let distance = ZoneDatabase.distance(letters, other)
            if distance <= 2, distance < best?.distance ?? 3 { best = (name, distance) }
        }
        return best?.name
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
        // The name is read where it lies: an entry is shorter than its C type.
        guard depth > 0, let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name),
            let typeOffset = MemoryLayout<dirent>.offset(of: \.d_type),
            let stream = opendir(directory)
        else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let raw = UnsafeRawPointer(entry)
            let start = raw.advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)
            let name = String(cString: start)
            guard let first = name.utf8.first, (65...90).contains(first) else { continue }
            if raw.load(fromByteOffset: typeOffset, as: UInt8.self) == UInt8(DT_DIR) {
                let inside = "\(directory)/\(name)"
                names += self.names(in: inside, below: "\(prefix)\(name)/", depth: depth - 1)
            } else {
                names.append(prefix + name)
            }
        }
        return names
    }
}

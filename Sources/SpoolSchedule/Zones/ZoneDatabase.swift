import SpoolSystem

/// The directories that hold zone files, and the machine's own zone.
public struct ZoneDatabase: Hashable, Sendable {
    /// Absolute; the first that holds a zone is used.
    public let directories: [String]

    /// The directories in which systems keep the tz database.
    public static let usualDirectories = [
        "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo",
    ]

    public init(directories: [String] = usualDirectories) {
        self.directories = directories
    }

    /// `$TZDIR` alone if it is set, else the usual places.
    public static func fromEnvironment() -> ZoneDatabase {
        guard let value = ProcessEnvironment.variable("TZDIR"), !value.isEmpty else {
            return ZoneDatabase()
        }
        return ZoneDatabase(directories: [String(decoding: value, as: UTF8.self)])
    }

    /// Reads a zone from disk. `UTC` needs no file.
    ///
    /// - Parameter name: `Europe/Paris`, exactly as the tz database writes it. A colon before it is dropped, and a path
    ///   is taken if it lies in one of the directories.
    /// - Returns: the zone as its file has it now.
    /// - Throws: `.badName` for a name that leads elsewhere, `.unknown` if no directory has it. `.unreadable` and
    ///   `.malformed` for a file that can't be used; never another zone instead.
    public func zone(named name: String) throws(ZoneError) -> Zone {
        let relative = try relativeName(name)
        if relative == "UTC" || relative == "Etc/UTC" { return Zone.utc.renamed(relative) }
        for directory in directories {
            do {
                let contents = try ZoneFileContents(path: "\(directory)/\(relative)")
                return try Zone(name: relative, contents: contents)
            } catch {
                if error.code == .unknown { continue }
                throw error
            }
        }
        throw unknownZone(relative)
    }

    /// Reads the zone again, from where it came.
    ///
    /// - Throws: as `zone(named:)`; keep the zone there was then.
    public func reloaded(_ zone: Zone) throws(ZoneError) -> Zone {
        guard let path = zone.path else { return zone }
        // A link such as /etc/localtime may point at another zone by now.
        let target = linkTarget(path).flatMap(nameInDirectory)
        let name = nameInDirectory(path) ?? target ?? zone.name
        return try Zone(name: name, contents: ZoneFileContents(path: path))
    }

    /// The machine's zone: that of `TZ`, else /etc/localtime, else UTC if there is no such link.
    ///
    /// - Parameters:
    ///   - variable: the value of `TZ`: a zone's name, a path, or a POSIX rule such as `CET-1CEST`;
    ///     empty means UTC, as the C library has it. By default that of this process.
    ///   - link: the file that stands for the machine's zone.
    /// - Returns: the zone as its file has it now.
    /// - Throws: as `zone(named:)`. In these cases the C library would silently take UTC; this call doesn't.
    public func localZone(
        variable: String? = environmentZone(), link: String = "/etc/localtime"
    ) throws(ZoneError) -> Zone {
        guard var variable else { return try linkedZone(link) }
        if variable.hasPrefix(":") { variable.removeFirst() }
        if variable.isEmpty { return .utc }
        if variable == link { return try linkedZone(link) }
        if variable.hasPrefix("/") {
            return try Zone(
                name: nameInDirectory(variable) ?? variable,
                contents: ZoneFileContents(path: variable))
        }
        do {
            return try zone(named: variable)
        } catch {
            guard error.code == .unknown || error.code == .badName, let rule = ZoneRule(variable)
            else { throw error }
            return Zone(name: variable, rule: rule)
        }
    }

    /// `TZ` as this process has it; nil if it isn't set.
    public static func environmentZone() -> String? {
        ProcessEnvironment.variable("TZ").map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ZoneDatabase {
    private func linkedZone(_ link: String) throws(ZoneError) -> Zone {
        do {
            let contents = try ZoneFileContents(path: link)
            let target = linkTarget(link).flatMap(nameInDirectory)
            return try Zone(name: target ?? "localtime", contents: contents)
        } catch {
            guard error.code == .unknown else { throw error }
            guard let target = linkTarget(link) else { return .utc }
            // As on a system without zone files, on which UTC needs none.
            if let name = nameInDirectory(target) { return try zone(named: name) }
            throw ZoneError(
                .unknown,
                "\(link) leads to \(target), which is not there; mend the link, or set TZ",
                path: link, errno: Errno.noEntry.rawValue)
        }
    }

    /// The one gate for names: a name that passes stays inside the directories.
    private func relativeName(_ name: String) throws(ZoneError) -> String {
        var relative = name.hasPrefix(":") ? String(name.dropFirst()) : name
        if relative.hasPrefix("/") {
            guard let inside = nameInDirectory(relative) else {
                throw ZoneError(
                    .badName,
                    "zone \"\(name)\" lies outside \(directories.joined(separator: ", ")); write a"
                        + " name such as Europe/Paris", path: relative)
            }
            relative = inside
        }
        let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = relative.utf8.allSatisfy(ZoneDatabase.isNameByte)
        guard isPlain, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw ZoneError(
                .badName,
                "\"\(name)\" is not a zone's name; \(advice(for: name))")
        }
        return relative
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The part of a path that follows one of the directories.
    private func nameInDirectory(_ path: String) -> String? {
        for directory in directories where path.hasPrefix(directory + "/") {
            let name = path.dropFirst(directory.utf8.count + 1)
            if !name.split(separator: "/").contains("..") { return String(name) }
        }
        // /etc/localtime often points at ../usr/share/zoneinfo/Europe/Paris.
        guard path.hasPrefix("../") else { return nil }
        return nameInDirectory(String(path.dropFirst(2)))
    }

    private func unknownZone(_ name: String) -> ZoneError {
        let places = directories.joined(separator: ", ")
        let isEmpty = !directories.contains { ZoneFileIdentity(path: $0) != nil }
        let advice =
            isEmpty
            ? "there is no time zone data: install the package tzdata, or set TZDIR"
            : advice(for: name)
        return ZoneError(
            .unknown, "unknown zone \"\(name)\", looked for in \(places); \(advice)",
            path: directories.first.map { "\($0)/\(name)" }, errno: Errno.noEntry.rawValue)
    }
}

extension Zone {
    fileprivate func renamed(_ name: String) -> Zone {
        if name == self.name { return self }
        return Zone(name: name, rule: ZoneRule(standardOffset: 0, daylight: nil))
    }
}

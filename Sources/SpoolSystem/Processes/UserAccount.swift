import Glibc

/// A user of this machine, as passwd(5) has it. Asking the name service would pull its libraries into a static program.
/// The file is read instead, and getent(1) is asked if that isn't enough.
package struct UserAccount: Sendable {
    package let number: UInt32
    package let name: String
    package let group: UInt32
    package let home: String
    package let shell: String

    /// The account of this number; nil if the file has none, or can't be read.
    package static func find(_ number: UInt32) -> UserAccount? {
        find(number, in: contents(of: "/etc/passwd"))
    }

    /// The account of this number, wherever the machine's accounts are (nsswitch.conf(5)).
    package static func lookUp(_ number: UInt32) -> UserAccount? {
        find(number) ?? find(number, in: answer(of: "passwd", "\(number)"))
    }

    /// The names of the accounts in the file; none if it can't be read.
    package static func names() -> Set<String> { names(in: contents(of: "/etc/passwd")) }

    /// - Parameter table: of passwd(5).
    package static func names(in table: [UInt8]) -> Set<String> {
        Set(entries(of: table).map { text($0.prefix { $0 != UInt8(ascii: ":") }) })
    }

    /// - Parameter table: of passwd(5).
    package static func find(_ number: UInt32, in table: [UInt8]) -> UserAccount? {
        let wanted = Array(String(number).utf8)
        return firstEntry(of: table) { line in
            let fields = split(line, at: ":")
            guard fields.count >= 7, fields[2].elementsEqual(wanted),
                let group = UInt32(text(fields[3])), !fields[0].isEmpty
            else { return nil }
            let home = text(fields[5])
            let shell = text(fields[6])
            return UserAccount(
                number: number, name: text(fields[0]), group: group,
                home: home.hasPrefix("/") ? home : "/",
                shell: shell.hasPrefix("/") ? shell : "/bin/sh")
        }
    }

    /// For people: `alice (1000)`, or the number alone if it has no name.
    package static func title(of number: UInt32) -> String {
        find(number).map { "\($0.name) (\(number))" } ?? String(number)
    }

    /// The user whose rights this process has.
    package static var effective: UInt32 { geteuid() }
    package static var effectiveGroup: UInt32 { getegid() }

    /// Gives this process, which is root's, the rights of another user for good, and the variables that say who that
    /// is. The user's groups are its own and those of group(5) that list it.
    ///
    /// - Parameter group: of a user without an account.
    package static func become(_ number: UInt32, group: UInt32) throws(Errno) {
        let account = lookUp(number)
        let own = account?.group ?? group
        var groups: [gid_t] = [own]
        if let account { groups += otherGroups(of: account).filter { $0 != own } }
        try systemCall { setgroups(groups.count, groups) }
        try systemCall { setgid(own) }
        try systemCall { setuid(number) }
        // No way back to root must be left.
        guard number == 0 || setuid(0) != 0, geteuid() == number, getegid() == own else {
            throw .notPermitted
        }
        setenv("HOME", account?.home ?? "/", 1)
        setenv("SHELL", account?.shell ?? "/bin/sh", 1)
        for name in ["LOGNAME", "USER"] {
            if let account { setenv(name, account.name, 1) } else { unsetenv(name) }
        }
    }

    private static func otherGroups(of account: UserAccount) -> [gid_t] {
        let listed = entries(of: contents(of: "/etc/group")).compactMap { line -> gid_t? in
            let fields = split(line, at: ":")
            guard fields.count >= 4,
                split(fields[3], at: ",").contains(where: { text($0) == account.name })
            else { return nil }
            return gid_t(text(fields[2]))
        }
        if find(account.number) != nil { return listed }
        // A user whose account is elsewhere has groups there too: `NAME GROUP GROUP ...`.
        let answered = answer(of: "initgroups", account.name).split { $0 <= UInt8(ascii: " ") }
        return listed
            + answered.dropFirst().compactMap { gid_t(text($0)) }.filter { !listed.contains($0) }
    }

    /// The answer of getent(1); empty if there is no such program, or no such entry. PATH is anybody's, and root asks
    /// too, so the program is looked for in one place only.
    private static func answer(of words: String...) -> [UInt8] {
        // A failed look is as good as none: the caller goes on by the number alone.
        guard let answer = try? ProcessControl.output(of: ["/usr/bin/getent"] + words),
            answer.code == 0
        else { return [] }
        return answer.bytes
    }

    private static func contents(of path: String) -> [UInt8] {
        ProcessTable.contents(of: path) ?? []
    }

    private static func entries(of table: [UInt8]) -> [ArraySlice<UInt8>] {
        var entries: [ArraySlice<UInt8>] = []
        _ = firstEntry(of: table) { line -> Bool? in
            entries.append(line)
            return nil
        }
        return entries
    }

    /// Goes through the lines that are entries. As libc does, it passes over comments, and over what NIS is asked for
    /// (`+`, `-`).
    ///
    /// - Parameter read: nil: the next one is wanted.
    private static func firstEntry<Value>(
        of table: [UInt8], _ read: (ArraySlice<UInt8>) -> Value?
    ) -> Value? {
        var rest = table[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            let entry = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let first = entry.first, !"#+-".utf8.contains(first) else { continue }
            if let value = read(entry) { return value }
        }
        return nil
    }

    private static func split(
        _ line: ArraySlice<UInt8>, at separator: Unicode.Scalar
    ) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

import SpoolSystem

/// The users who may have written a file that is obeyed.
package struct FileTrust {
    /// The owner of the spool, who has opened it.
    package let owner: UInt32

    /// Why a file that says what is to be run isn't obeyed. nil if only the owner of the spool, or root, can have
    /// written it.
    package func distrust(of file: borrowing Descriptor, _ status: FileStatus) -> String? {
        if let reason = distrust(of: status) { return reason }
        // With an access list, the bits of the group are the most that anybody on it has.
        guard status.mode & 0o020 != 0, file.hasAccessList else { return nil }
        return "its access list lets others write to it; 'setfacl -b' takes that away"
    }

    /// The same without a look at an access list: for a file that isn't open.
    package func distrust(of status: FileStatus) -> String? {
        guard status.owner == owner || status.owner == 0 else {
            return "it belongs to \(UserAccount.title(of: status.owner)), the spool to"
                + " \(UserAccount.title(of: owner)): the owner of the spool must copy it there"
        }
        // With umask 002, a user's group is the user's own.
        let isOpenToGroup =
            status.mode & 0o020 != 0 && status.group != UserAccount.effectiveGroup
        guard status.mode & 0o002 != 0 || isOpenToGroup else { return nil }
        return
            "its mode is \(FileTrust.octal(status.mode)): others may write to it; 'chmod go-w' first"
    }

    static func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }
}

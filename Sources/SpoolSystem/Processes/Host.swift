import CSpoolSystem
import Glibc

/// This machine, as attempt records name it.
package enum Host {
    /// The node name (uname(2)).
    package static let name: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        // It fails for a longer name only, and no system has one: HOST_NAME_MAX is 64.
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        // Only messages and labels have it, and each process of this machine spells it the same.
        return NonUTF8Text.shown(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }()

    /// Made anew by the kernel at each boot (/proc/sys/kernel/random/boot_id). Empty if it can't be read; reading is
    /// tried again each time.
    package static var bootID: String {
        // A caller that compares it takes an empty one for no boot in particular.
        (try? knownBootID.get()) ?? ""
    }

    private static let knownBootID = FixedLine(of: "/proc/sys/kernel/random/boot_id")

    /// The inode of the PID namespace that this process is in (pid_namespaces(7)).
    ///
    /// It is nil in the machine's first namespace, which has the same inode on every machine (PROC_PID_INIT_INO of the
    /// kernel). It is 0 if that can't be found out, and then no record names the same one.
    package static var pidNamespace: UInt64? {
        knownNamespace.withLock { known in
            if let known { return known == firstNamespace ? nil : known }
            guard let status = try? Directory(path: "/proc/self/ns").statusOfTarget("pid") else {
                return 0
            }
            known = status.identity.inode
            return known == firstNamespace ? nil : known
        }
    }

    private static let firstNamespace: UInt64 = 0xEFFF_FFFC
    private static let knownNamespace = LockedBox<UInt64?>(nil)

    /// The id that the machine was given as it was set up (machine-id(5)), or else its name.
    ///
    /// - Throws: if that can't be read for the time being: nobody knows then whether the machine has one.
    package static func machineID() throws(Errno) -> String {
        let line = try knownMachineID.get()
        return line.isEmpty ? name : line
    }

    private static let knownMachineID = FixedLine(of: "/etc/machine-id")

    /// The user's name, as a label: the one that the caller gives (`LOGNAME`, `USER`), else the one of passwd(5), else
    /// the user's number.
    package static let userName: String = {
        for variable in ["LOGNAME", "USER"] {
            if let value = ProcessEnvironment.variable(variable), !value.isEmpty {
                return NonUTF8Text.shown(value)
            }
        }
        return UserAccount.own?.name ?? "#\(getuid())"
    }()
}

/// The first line of a file that doesn't change while this process runs. Once read, it is kept. If it can't be read,
/// reading is tried again each time. A call that fails once must not decide for as long as the process lives.
package final class FixedLine: @unchecked Sendable {
    private let path: String
    private let lock = Lock()
    private var line = ""

    package init(of path: String) {
        self.path = path
    }

    /// - Returns: empty if there is no such file, it may not be read, or nothing is in it.
    package func get() throws(Errno) -> String {
        try lock.held { () throws(Errno) in
            if line.isEmpty {
                let bytes = try ProcessTable.read(path) ?? []
                line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            }
            return line
        }
    }
}

/// The number of processors to work with. sysconf(3) knows at least the one that asks.
package enum ProcessorCount {
    package static let online: Int = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
}

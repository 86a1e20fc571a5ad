import CSpoolSystem
import Glibc

/// The arguments, variables, directory and mask that this process was started with.
package enum ProcessEnvironment {
    /// An argument of this process that isn't text.
    package struct NonUTF8Argument: Error, Sendable {
        /// Counted from 1, which is the first after the program's name.
        package let number: Int
        package let text: NonUTF8Text
    }

    /// The arguments that this process was started with, without its name. `CommandLine.arguments` puts other
    /// characters in the place of bytes that aren't UTF-8, and is slower.
    package static func arguments() throws(NonUTF8Argument) -> [String] {
        var count: CInt = 0
        let list = spool_arguments(&count)
        var arguments: [String] = []
        arguments.reserveCapacity(Int(count))
        for index in stride(from: 1, to: Int(count), by: 1) {
            guard let argument = list?[index] else { break }
            guard let text = String(validatingCString: argument) else {
                throw NonUTF8Argument(number: index, text: NonUTF8Text(bytes(of: argument)))
            }
            arguments.append(text)
        }
        return arguments
    }

    private static func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// The file that this process was started from.
    ///
    /// - Throws: also `.invalidSequence` if its path isn't UTF-8.
    package static func executablePath() throws(Errno) -> String {
        let target = try FilePath("/proc/self/exe").linkTarget()
        guard let path = String(validating: target, as: UTF8.self) else { throw .invalidSequence }
        return path
    }

    /// One variable of this process's environment (getenv(3)), which may hold any bytes.
    package static func variable(_ name: String) -> [UInt8]? {
        getenv(name).map { bytes(of: $0) }
    }

    /// A variable that isn't text.
    package struct NonUTF8Variable: Error, Sendable {
        /// nil: its name isn't either.
        package let name: String?
        /// The value or, if the name isn't text, `NAME=value`.
        package let text: NonUTF8Text
    }

    /// The environment of this process, as far as it is text.
    ///
    /// - Parameters:
    ///   - isWanted: which names.
    ///   - foreign: given each wanted variable, and each whose name isn't text, that isn't. It is left out.
    ///   - otherSpelling: given the name of each variable that has come before in another spelling. It is left out.
    package static func environment<Failure: Error>(
        where isWanted: (String) -> Bool,
        foreign: (NonUTF8Variable) throws(Failure) -> Void,
        otherSpelling: (String) throws(Failure) -> Void
    ) throws(Failure) -> [String: String] {
        var count = 0
        while environ[count] != nil { count += 1 }
        var variables = [String: String](minimumCapacity: count)
        for index in 0..<count {
            guard let entry = environ[index], let split = strchr(entry, CInt(UInt8(ascii: "=")))
            else { continue }
            // As bytes, whose check is a fast one; raw memory would go through one for any encoding.
            let bytes = UnsafeBufferPointer(start: entry, count: split - entry)
            guard
                let name = bytes.withMemoryRebound(
                    to: UInt8.self, { String(validating: $0, as: UTF8.self) })
            else {
                try foreign(
                    NonUTF8Variable(name: nil, text: NonUTF8Text(self.bytes(of: entry))))
                continue
            }
            guard isWanted(name) else { continue }
            guard let value = String(validatingCString: split + 1) else {
                try foreign(
                    NonUTF8Variable(name: name, text: NonUTF8Text(self.bytes(of: split + 1))))
                continue
            }
            // Two lookups only where there is a second one.
            guard let former = variables.updateValue(value, forKey: name) else { continue }
            guard variables.otherSpelling(of: name) != nil else { continue }
            variables[name] = former
            try otherSpelling(name)
        }
        return variables
    }

    /// getcwd(3).
    ///
    /// - Throws: ENOENT, for one, if it was removed.
    package static func workingDirectory() throws(Errno) -> [UInt8] {
        guard let path = getcwd(nil, 0) else { throw Errno.last }
        defer { free(path) }
        return bytes(of: path)
    }

    /// The working directory as the kernel names it, for messages if getcwd(3) fails. The kernel adds " (deleted)" to
    /// the path of a directory that was removed.
    ///
    /// - Throws: if there is no /proc, for one.
    package static func lastWorkingDirectory() throws(Errno) -> String {
        NonUTF8Text.shown(try FilePath("/proc/self/cwd").linkTarget())
    }

    /// The mask of new files' modes that this process was started with (umask(2)). From the first look on, its owner's
    /// bits are none: a file that its owner may not use is of no use.
    package static let fileMask: UInt32 = {
        let mask = umask(0o077)
        umask(mask & 0o077)
        return mask
    }()
}

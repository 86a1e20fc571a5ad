import SpoolSystem

/// Which names in incoming/ are meant to become jobs.
package struct DropIn {
    /// Of the file.
    package let name: String
    /// The queue in whose directory it lies, `.some(nil)` for incoming/ itself; nil: that isn't said.
    package let queue: String??

    /// Files that begin with a dot or don't end in `.json` are none of ours: writers use such names until
    /// they are done.
    package static func isCandidate(_ name: String) -> Bool {
        !name.hasPrefix(".") && name.hasSuffix(".json")
    }

    /// Whether a writer may have given a file this name until it is done.
    package static func isDraft(_ name: String) -> Bool {
        name.hasPrefix(".") || name.hasSuffix("~") || name.hasSuffix(".tmp")
            || name.hasSuffix(".part")
    }
}

extension Directory.Entry {
    package var isDropIn: Bool { DropIn.isCandidate(name) }
}

extension DropIn {
    /// The name in a text that may be a dropped file's: the name alone, or a path that ends in `incoming/NAME` or
    /// `incoming/QUEUE/NAME`.
    package init?(naming text: String) {
        let parts = text.split(separator: "/").map(String.init)
        guard let name = parts.last, DropIn.isCandidate(name), JobFileName(name) == nil else {
            return nil
        }
        self.name = name
        switch parts.dropLast().suffix(2).map(\.self) {
        case let path where path.last == "incoming": queue = .some(nil)
        case let path where path.count == 2 && path.first == "incoming": queue = .some(path.last)
        case []: queue = nil
        default: return nil
        }
    }
}

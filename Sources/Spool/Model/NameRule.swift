import SpoolSystem

/// Variables of an environment.
package enum VariableRule {
    /// - Parameter namesDirectory: whether a directory is named beside them, so that none is taken from `HOME`.
    /// - Throws: `.invalidJob`, which names the variable.
    package static func check(
        _ variables: [String: String]?, namesDirectory: Bool
    ) throws(SpoolError) {
        if !namesDirectory, let home = variables?["HOME"], !home.hasPrefix("/") {
            throw SpoolError(
                .invalidJob,
                "\"env\" sets HOME to \"\(home)\", which is not an absolute path; where jobs run that"
                    + " name no \"cwd\" isn't known then")
        }
        var wrong: String?
        for (name, value) in variables ?? [:] where !isVariable(name, value) {
            // A dictionary has no order: of several, the first by name is told.
            wrong = min(name, wrong ?? name)
        }
        guard let name = wrong else { return }
        throw SpoolError(
            .invalidJob, "\"env\" \"\(name)\" can't be a variable; no '=' or NUL, not empty")
    }

    private static func isVariable(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && !name.contains(byte: UInt8(ascii: "=")) && !name.contains(byte: 0)
            && !value.contains(byte: 0)
    }
}

/// Names that become part of a path: queues, handlers, capabilities.
package enum NameRule {
    package static let advice =
        "must be 1 to 64 letters, digits, '.', '_' or '-', begin with a letter or digit,"
        + " and not end in \".json\""

    package static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64,
            !text.hasSuffix(".json")
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    /// A name, or `name=value`.
    package static func isCapability(_ text: String) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { isName($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

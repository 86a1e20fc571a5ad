import SpoolTime

/// Which firing of an entry is meant: a slot of its schedule, or, for `@reboot`, a boot of the machine.
public enum SlotName: Hashable, Sendable {
    case time(Instant)
    /// The kernel's id of the boot, and when it was noticed.
    case boot(String, at: Instant)

    /// When it is due.
    public var instant: Instant {
        switch self {
        case .time(let instant): instant
        case .boot(_, let instant): instant
        }
    }

    /// As names of markers have it: `20261121T073000.000Z`, or the boot's id.
    package var text: String {
        switch self {
        case .time(let instant): instant.compact
        case .boot(let id, _): id
        }
    }
}

/// The name of a file in state/slots/: `KEY@SLOT.json`.
package struct MarkerName: Hashable {
    package let key: String
    /// As `SlotName.text`.
    package let slot: String

    package static let directory = "state/slots"

    package init(key: String, slot: SlotName) {
        self.key = key
        self.slot = slot.text
    }

    /// nil for a text that is no marker's name.
    package init?(_ text: some StringProtocol) {
        guard text.hasSuffix(".json"), let at = text.lastIndex(of: "@"), at > text.startIndex else {
            return nil
        }
        key = String(text[..<at])
        slot = String(text[text.index(after: at)...].dropLast(5))
        guard Instant(compact: slot) != nil || MarkerName.isBoot(slot) else { return nil }
    }

    /// nil for a boot.
    package var instant: Instant? { Instant(compact: slot) }

    package var text: String { "\(key)@\(slot).json" }
    package var path: String { "\(MarkerName.directory)/\(text)" }

    private static func isBoot(_ text: String) -> Bool {
        text.utf8.count == 36
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...102).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}

/// The name of a job's file in tmp/ that waits for its marker: `KEY@SLOT.NONCE.slot`.
package struct SlotFileName {
    package let marker: MarkerName
    package let text: String

    package static let suffix = ".slot"

    package init(_ marker: MarkerName, nonce: JobID) {
        self.marker = marker
        text = "\(marker.key)@\(marker.slot).\(nonce)\(SlotFileName.suffix)"
    }

    /// nil for other files in tmp/.
    package init?(_ text: String) {
        guard text.hasSuffix(SlotFileName.suffix) else { return nil }
        let rest = text.dropLast(SlotFileName.suffix.count)
        guard let dot = rest.lastIndex(of: "."), JobID(rest[rest.index(after: dot)...]) != nil,
            let marker = MarkerName("\(rest[..<dot]).json")
        else { return nil }
        self.marker = marker
        self.text = text
    }

    package var path: String { "tmp/" + text }
}

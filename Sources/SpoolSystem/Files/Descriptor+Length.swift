import CSpoolSystem
import Glibc

/// Files of any length, which a hole makes at no cost.
extension Descriptor {
    /// The offset to read on from after a piece that was read: its end or, if a hole follows, the place where data
    /// begins again. A hole may be of any length and cost its maker nothing.
    ///
    /// - Parameters:
    ///   - piece: the bytes that came last.
    ///   - end: the offset at which it ends.
    /// - Returns: nil if nothing follows but a hole.
    package func nextData(after piece: [UInt8], endingAt end: Int) throws(Errno) -> Int? {
        guard piece.last == 0 else { return end }
        do throws(Errno) {
            return try systemCall { spool_seek_data(number, off_t(end)) }
        } catch {
            switch error {
            case .noDevice: return try status().size > end ? nil : end
            // The file system knows of no holes.
            case .invalid: return end
            default: throw error
            }
        }
    }

    /// Whether a plain file holds more bytes than this behind the offset at which it is read next, as far as its size
    /// tells.
    package func isLonger(than limit: Int) throws(Errno) -> Bool {
        let status = try status()
        guard status.kind == .regular, status.size > limit else { return false }
        let position = try systemCall { lseek(number, 0, SEEK_CUR) }
        return status.size - Int(position) > limit
    }
}

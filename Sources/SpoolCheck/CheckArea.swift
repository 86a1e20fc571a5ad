import Spool

/// A part of the spool that can be checked by itself.
package protocol CheckArea {
    /// A directory, for messages.
    var name: String { get }

    init(_ context: CheckContext)

    /// Reports each fault, or mends it and reports that.
    func check(_ report: CheckReport) throws(SpoolError)
}

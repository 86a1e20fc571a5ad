import SpoolSystem

/// A plain file that is open and locked; the lock goes with the descriptor.
package final class LockedFile {
    package let descriptor: Descriptor
    package let status: FileStatus

    package var identity: FileStatus.Identity { status.identity }
    /// In bytes, when it was locked.
    package var size: Int { status.size }

    package init(descriptor: consuming Descriptor, status: FileStatus) {
        self.descriptor = descriptor
        self.status = status
    }
}

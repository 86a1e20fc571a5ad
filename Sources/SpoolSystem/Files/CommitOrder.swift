import CSpoolSystem
import Glibc

extension Directory {
    /// Whether changes of names here become durable in order. A change is then durable only together with all that was
    /// done before it. It is never durable without the content that was written to the disk before.
    ///
    /// True if metadata go through a journal: on xfs, and on ext4 unless its journal is missing or lies elsewhere. Any
    /// other file system counts as no, and so does one that can't be found out.
    package func commitsInOrder() -> Bool {
        switch spool_file_system(number) {
        case CInt(SPOOL_FILE_SYSTEM_XFS.rawValue): true
        case CInt(SPOOL_FILE_SYSTEM_EXT4.rawValue): hasJournalOfExt4()
        default: false
        }
    }

    /// Whether no other host can write here at the same time, as far as is known of the file system. Any other file
    /// system counts as no, and so does one that can't be found out.
    package func isOfOneHost() -> Bool {
        spool_file_system(number) > CInt(SPOOL_FILE_SYSTEM_OTHER.rawValue)
    }

    /// The kernel shows a journal under the names of its device and of its file, which is the eighth inode always. A
    /// journal on a device of its own has no such file. There, names on one disk may overtake content in the cache of
    /// the other.
    private func hasJournalOfExt4() -> Bool {
        guard let device = (try? status())?.identity.device else { return false }
        let numbers = "\(spool_device_major(dev_t(device))):\(spool_device_minor(dev_t(device)))"
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/sys/dev/block/" + numbers, &buffer, buffer.count)
        guard length > 0 else { return false }
        let path = String(
            decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let name = path.split(separator: "/").last else { return false }
        return ProcessControl.exists("/proc/fs/jbd2/\(name)-8")
    }
}

extension Descriptor {
    /// Writes the content to the disk without committing anything (sync_file_range(2)). This takes less than half as
    /// long as an fsync(2). It is as good if `Directory.commitsInOrder` and a sync of the file's name follows.
    ///
    /// As after `sync`, after an error write a new file.
    package func writeBack() throws(Errno) {
        try systemCall { spool_write_back(number) }
    }

    /// Begins to write the content to the disk. `writeBack` waits for it then, and tells of its errors.
    package func beginWriteBack() {
        _ = spool_begin_write_back(number)
    }
}

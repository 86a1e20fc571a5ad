import SpoolSystem
import SpoolTestSupport
import Testing

/// What is taken to commit in order, and that writing back works on any file system.
@Suite struct CommitOrderTests {
    /// /proc has no disk, and /dev/shm is memory: content there has to be synced as before.
    @Test(arguments: ["/proc", "/dev/shm"])
    func notWithoutAJournal(_ path: String) throws {
        #expect(try !FileSystem(of: Directory(path: path)).commitsInOrder())
    }

    @Test func knowsMemoryToBeOfOneHost() throws {
        #expect(try FileSystem(of: Directory(path: "/dev/shm")).isOfOneHost())
        #expect(try !FileSystem(of: Directory(path: "/proc")).isOfOneHost())
    }

    @Test func sameAnswerForAllOfAFileSystem() throws {
        let path = try FileTree.makeTemporaryDirectory()
        defer { FileTree.remove(path) }
        let directory = try Directory(path: path)
        try directory.makeDirectory("below")
        #expect(
            try FileSystem(of: directory).commitsInOrder()
                == FileSystem(of: directory.subdirectory("below")).commitsInOrder())
    }

    @Test func writesBack() throws {
        let path = try FileTree.makeTemporaryDirectory()
        defer { FileTree.remove(path) }
        let file = try Directory(path: path).open("file", [.readWrite, .create])
        try file.write("content")
        try file.writeBack()
        #expect(try FileTree.read(path + "/file") == Array("content".utf8))
    }
}

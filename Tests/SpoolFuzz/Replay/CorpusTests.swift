import Glibc
import SpoolFuzzProperties
import SpoolTestSupport
import Testing

/// Every input that fuzzing has found worth keeping, through the same properties.
@Suite struct CorpusTests {
    private static let directory =
        #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/corpus"

    @Test(arguments: FuzzTarget.all.map(\.name))
    func everyInput(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let directory = CorpusTests.directory + "/" + name
        let files = try FileTree.names(directory)
        #expect(files.count >= 5)
        for file in files {
            let bytes = try FileTree.read(directory + "/" + file)
            #expect(throws: Never.self, "\(name)/\(file)") { try target.check(bytes) }
        }
    }

    @Test func aDirectoryForEachTarget() throws {
        #expect(
            try FileTree.names(CorpusTests.directory).sorted()
                == FuzzTarget.all.map(\.name).sorted())
    }
}

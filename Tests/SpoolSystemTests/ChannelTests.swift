import SpoolSystem
import SpoolTestSupport
import Testing

struct ChannelTests {
    @Test func aMessageIsTakenBackOnlyWhenItIsTheNextOne() throws {
        let (ours, theirs) = try Channel.pair()
        let temporary = try TemporarySpool()
        let file = try Directory(path: temporary.home).open("file", [.readWrite, .create])
        let (first, second): ([UInt8], [UInt8]) = ([1, 2], [3])
        try ours.send(first)
        try ours.send(second, passing: file.number)
        #expect(try theirs.receive(only: second) == nil)
        #expect(try theirs.receive()?.bytes == first)
        #expect(try theirs.receive(only: first) == nil)
        let back = try #require(try theirs.receive(only: second))
        #expect(back.bytes == second)
        let passed = Descriptor(owning: try #require(back.descriptor))
        #expect(try passed.status().identity == file.status().identity)
        #expect(throws: Errno.again) { try theirs.receive(only: second) }
    }

    @Test func waitingEndsWithAMessageOrTheEnd() throws {
        var (ours, theirs): (Channel?, Channel) = try Channel.pair()
        #expect(throws: Errno.again) { try theirs.receive(within: 1) }
        try ours?.send([7])
        #expect(try theirs.receive(within: 60_000)?.bytes == [7])
        ours = nil
        #expect(try theirs.receive(within: 60_000) == nil)
    }
}

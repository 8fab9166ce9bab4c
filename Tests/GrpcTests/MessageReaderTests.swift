import Bytes
import Testing

@testable import Grpc

@Suite("gRPC message framing")
struct MessageReaderTests {
    /// Feeds pieces of the given size; all messages, or the status that ended it.
    static func read(_ bytes: [UInt8], piece: Int, limit: Int = 100) -> Result<[[UInt8]], Status> {
        var reader = MessageReader(messageByteLimit: limit)
        var messages: [[UInt8]] = []
        do throws(Status) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                reader.append(Array(bytes[start..<min(start + piece, bytes.count)]))
                while let message = try reader.next() { messages.append(message) }
            }
            try reader.finish()
            return .success(messages)
        } catch {
            return .failure(error)
        }
    }

    // "hi", an empty message, then three bytes.
    static let three: [UInt8] = [0, 0, 0, 0, 2, 0x68, 0x69] + [0, 0, 0, 0, 0] + [0, 0, 0, 0, 3, 1, 2, 3]

    @Test(arguments: [1, 2, 3, 5, 6, 7, 12, 100])
    func anySplitGivesTheSameMessages(piece: Int) {
        #expect(Self.read(Self.three, piece: piece) == .success([[0x68, 0x69], [], [1, 2, 3]]))
    }

    @Test func everyTruncationIsAnError() {
        let ends = [0, 7, 12, 20]
        for count in 0...Self.three.count {
            let result = Self.read(Array(Self.three[..<count]), piece: 4)
            if case .success = result { #expect(ends.contains(count)) } else { #expect(!ends.contains(count)) }
        }
    }

    @Test func theLimitHoldsWhenThePrefixIsSeen() {
        var reader = MessageReader(messageByteLimit: 3)
        #expect(Self.read([0, 0, 0, 0, 3, 1, 2, 3], piece: 8, limit: 3) == .success([[1, 2, 3]]))
        reader.append([0, 0xff, 0xff, 0xff, 0xff])
        let failure = #expect(throws: Status.self) { _ = try reader.next() }
        #expect(failure?.code == .resourceExhausted)
    }

    @Test(arguments: [1, 2, 0x80, 0xff] as [UInt8])
    func flagsThatPromiseAnEncodingAreRefused(flags: UInt8) {
        guard case .failure(let status) = Self.read([flags, 0, 0, 0, 0], piece: 5) else {
            Issue.record("accepted")
            return
        }
        #expect(status.code == .internalError)
    }

    @Test func prefixIsBigEndian() {
        #expect(MessageFrame.prefix(messageByteCount: 0x01020304) == [0, 1, 2, 3, 4])
        #expect(MessageFrame.encode([7, 8]).copiedBytes() == [0, 0, 0, 0, 2, 7, 8])
    }
}

import Bytes
import Grpc
import Testing

@testable import Flight

@Suite("Flight messages")
struct FlightMessagesTests {
    @Test func ticketKeepsItsBytes() throws {
        // Field 1, two bytes.
        #expect(try Ticket.decode([0x0a, 0x02, 0x7b, 0x7d]) == Ticket(bytes: [0x7b, 0x7d]))
        #expect(try Ticket.decode([]) == Ticket(bytes: []))
        let large = [UInt8](repeating: 7, count: 300)
        #expect(Ticket(bytes: large).encode().prefix(3) == [0x0a, 0xac, 0x02])
        #expect(try Ticket.decode(Ticket(bytes: large).encode()).bytes == large)
    }

    @Test func unknownFieldsArePassedOverAndTheLastWins() throws {
        // Field 9 varint 300, field 10 fixed64, field 11 fixed32, field 12 bytes, then field 1 twice.
        let message: [UInt8] = [
            0x48, 0xac, 0x02, 0x51, 0, 1, 2, 3, 4, 5, 6, 7, 0x5d, 0, 1, 2, 3, 0x62, 1, 0xff, 0x0a, 1, 1, 0x0a, 1, 2,
        ]
        #expect(try Ticket.decode(message).bytes == [2])
    }

    @Test(
        arguments: [
            ([0x08, 0x01], FlightError.wrongWireType(field: 1)), ([0x0a, 0x02, 0x01], .truncated(offset: 2)),
            ([0x0a], .truncated(offset: 1)), ([0x02, 0x00], .malformedTag(offset: 0)),
            ([0x0b], .malformedTag(offset: 0)),
            ([0x0a] + [UInt8](repeating: 0xff, count: 11), .overlongInteger(offset: 1)),
            ([0x0a] + [UInt8](repeating: 0xff, count: 8) + [0x7f], .truncated(offset: 10)),
            ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], .malformedTag(offset: 0)),
        ] as [([UInt8], FlightError)])
    func damagedMessagesAreNamed(message: [UInt8], error: FlightError) {
        #expect(throws: error) { _ = try Ticket.decode(message) }
    }

    @Test func everyTruncationThrowsOrIsAWholeMessage() {
        let message = Action(type: "refresh", body: [1, 2, 3]).encode()
        let wholes = [0, 9, message.count]
        for count in 0...message.count {
            let decoded = try? Action.decode(Array(message[..<count]))
            #expect((decoded != nil) == wholes.contains(count))
        }
    }

    @Test func actionsAndResultsSurvive() throws {
        let action = Action(type: "health_check", body: [0, 1])
        #expect(try Action.decode(action.encode()) == action)
        #expect(throws: FlightError.notText(field: 1)) { _ = try Action.decode([0x0a, 1, 0xff]) }
        #expect(ActionResult(body: Array("ok".utf8)).encode() == [0x0a, 2, 0x6f, 0x6b])
        #expect(try ActionResult.decode([0x0a, 2, 0x6f, 0x6b]).body == Array("ok".utf8))
        let type = ActionType(type: "a", description: "does")
        #expect(type.encode() == [0x0a, 1, 0x61, 0x12, 4, 0x64, 0x6f, 0x65, 0x73])
        #expect(try ActionType.decode(type.encode()) == type)
    }

    @Test func dataHeadEndsWhereTheBodyBegins() {
        let head = FlightData.head(ipcMetadata: [1, 2, 3], bodyByteCount: 300).copiedBytes()
        // Prefix with 5 + 4 + 300 bytes; field 2 with three bytes; field 1000 with 300 bytes.
        #expect(head == [0, 0, 0, 1, 0x35] + [0x12, 3, 1, 2, 3] + [0xc2, 0x3e, 0xac, 0x02])
        #expect(FlightData.messageByteCount(ipcMetadataByteCount: 3, bodyByteCount: 300) == 0x135)
    }

    @Test func aSchemaHasNoBodyField() {
        let head = FlightData.head(ipcMetadata: [9], bodyByteCount: 0).copiedBytes()
        #expect(head == [0, 0, 0, 0, 3, 0x12, 1, 9])
        #expect(FlightData.messageByteCount(ipcMetadataByteCount: 1, bodyByteCount: 0) == 3)
    }

    @Test func dataSurvives() throws {
        let body = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let head = FlightData.head(ipcMetadata: [4, 5, 6], bodyByteCount: body.count).copiedBytes()
        let data = try FlightData.decode(Array((head + body).dropFirst(MessageFrame.prefixByteCount)))
        #expect(data.header == [4, 5, 6])
        #expect(data.body.copiedBytes() == body)
        #expect(throws: FlightError.wrongWireType(field: 1000)) { _ = try FlightData.decode([0xc0, 0x3e, 0]) }
    }

    @Test(arguments: FlightMethod.allCases)
    func methodsHaveTheirPaths(method: FlightMethod) {
        #expect(FlightMethod(path: method.path) == method)
        #expect(FlightMethod(path: method.path + "x") == nil)
        #expect(FlightMethod(path: method.path.lowercased()) == nil)
    }

    @Test func arbitraryBytesNeverTrap() {
        var state: UInt64 = 1
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        for _ in 0..<2000 {
            let message = (0..<next() % 30).map { _ in UInt8(next() % 256) }
            _ = try? Action.decode(message)
            _ = try? FlightData.decode(message)
        }
    }
}

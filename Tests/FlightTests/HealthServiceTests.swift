import Testing

@testable import Flight

@Suite("Health service")
struct HealthServiceTests {
    @Test func messagesAreRead() throws {
        #expect(try HealthService.decodeRequest([]) == "")
        // Field 1, text "ab".
        #expect(try HealthService.decodeRequest([0x0a, 2, 0x61, 0x62]) == "ab")
        #expect(throws: FlightError.notText(field: 1)) { _ = try HealthService.decodeRequest([0x0a, 1, 0xff]) }
        #expect(throws: FlightError.truncated(offset: 2)) { _ = try HealthService.decodeRequest([0x0a, 2, 0x61]) }
    }

    @Test func answersAreWritten() {
        #expect(HealthService.ServingStatus.serving.encode() == [0x08, 1])
        #expect(HealthService.ServingStatus.notServing.encode() == [0x08, 2])
        #expect(HealthService.ServingStatus.unknown.encode() == [])
    }

    @Test(arguments: HealthService.Method.allCases)
    func methodsHaveTheirPaths(method: HealthService.Method) {
        #expect(HealthService.Method(path: method.path) == method)
        #expect(HealthService.Method(path: "/grpc.health.v1.Health/check") == nil)
    }
}

import Testing

@testable import Grpc

@Suite("gRPC calls")
struct CallTests {
    static let headers: Metadata = ClientCall.requestHeaders(
        path: "/a.B/C", authority: "w", timeoutNanoseconds: 5_000_000_000, metadata: [("x-k", "v")])

    static func pairs(_ fields: Metadata) -> [String] { fields.map { "\($0.name): \($0.value)" } }

    @Test func aRequestStarts() {
        var call = ServerCall(messageByteLimit: 10)
        guard case .start(let path, let timeout, let metadata) = call.receiveHeaders(Self.headers) else {
            Issue.record("rejected")
            return
        }
        #expect(path == "/a.B/C")
        #expect(timeout == 5_000_000_000)
        #expect(metadata.first("x-k") == "v")
        #expect(metadata.first(":path") == nil)
    }

    static func changed(_ name: String, _ value: String) -> Metadata {
        headers.filter { $0.name != name } + [(name, value)]
    }

    @Test(arguments: ["application/json", "application/grpcx", "", "application/grp"])
    func otherContentTypesAre415(type: String) {
        var call = ServerCall(messageByteLimit: 10)
        guard case .rejectHTTP(415) = call.receiveHeaders(Self.changed("content-type", type)) else {
            Issue.record("not 415")
            return
        }
    }

    @Test(arguments: [
        "application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8", "Application/GRPC",
    ])
    func grpcContentTypesStart(type: String) {
        var call = ServerCall(messageByteLimit: 10)
        guard case .start = call.receiveHeaders(Self.changed("content-type", type)) else {
            Issue.record("rejected")
            return
        }
    }

    @Test func otherMethodsAre405() {
        var call = ServerCall(messageByteLimit: 10)
        guard case .rejectHTTP(405) = call.receiveHeaders(Self.changed(":method", "GET")) else {
            Issue.record("not 405")
            return
        }
    }

    @Test(arguments: [("grpc-encoding", "gzip", StatusCode.unimplemented), ("grpc-timeout", "soon", .invalidArgument)])
    func badFieldsAreRejected(name: String, value: String, code: StatusCode) {
        var call = ServerCall(messageByteLimit: 10)
        guard case .reject(let status) = call.receiveHeaders(Self.changed(name, value)) else {
            Issue.record("started")
            return
        }
        #expect(status.code == code)
        guard case .trailersOnly(let fields) = call.finish(status) else {
            Issue.record("not in one block")
            return
        }
        #expect(fields.first("grpc-accept-encoding") == "identity")
        #expect(fields.first("grpc-status") == "\(code.rawValue)")
    }

    @Test(
        arguments: [
            ([], StatusCode.internalError), ([0, 0, 0, 0, 2, 1], .internalError),
            ([0, 0, 0, 0, 11], .resourceExhausted),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .internalError),
        ] as [([UInt8], StatusCode)])
    func oneMessageMeansOne(bytes: [UInt8], code: StatusCode) {
        var call = ServerCall(messageByteLimit: 10)
        _ = call.receiveHeaders(Self.headers)
        let failure = #expect(throws: Status.self) { _ = try call.receiveData(bytes, endsStream: true) }
        #expect(failure?.code == code)
    }

    @Test func answersAfterTheFirstMessageEndInTrailers() throws {
        var call = ServerCall(messageByteLimit: 10)
        _ = call.receiveHeaders(Self.headers)
        let messages = try call.receiveData([0, 0, 0, 0, 1, 9], endsStream: true)
        #expect(messages == [[9]])
        #expect(call.requestEnded)
        #expect(Self.pairs(call.start()).first == ":status: 200")
        guard case .trailers(let fields) = call.finish(Status(.dataLoss, "bad page")) else {
            Issue.record("no trailers")
            return
        }
        #expect(Self.pairs(fields) == ["grpc-status: 15", "grpc-message: bad page"])
        guard case .none = call.finish(.ok) else {
            Issue.record("ended twice")
            return
        }
    }

    @Test func theClientReadsWhatTheServerSays() {
        var call = ClientCall(messageByteLimit: 10)
        call.receiveHeaders(ServerCall.responseHeaders, endsStream: false)
        #expect(call.receiveData([0, 0, 0, 0, 1, 9], endsStream: false) == [[9]])
        call.receiveTrailers(ServerCall.trailers(Status(.aborted, "50% é")))
        #expect(call.status == Status(.aborted, "50% é"))

        var early = ClientCall(messageByteLimit: 10)
        early.receiveHeaders(ServerCall.trailersOnly(Status(.notFound, "gone")), endsStream: true)
        #expect(early.status == Status(.notFound, "gone"))
    }

    @Test func theClientNeverTakesSilenceForSuccess() {
        func ended(_ body: (inout ClientCall) -> Void) -> StatusCode? {
            var call = ClientCall(messageByteLimit: 10)
            body(&call)
            return call.status?.code
        }
        #expect(ended { $0.receiveHeaders([(":status", "503")], endsStream: true) } == .unavailable)
        #expect(ended { $0.receiveHeaders([(":status", "200")], endsStream: false) } == .unknown)
        #expect(ended { $0.receiveReset(code: 7) } == .unavailable)
        #expect(ended { $0.receiveReset(code: 0) } == .internalError)
        #expect(ended { $0.receiveConnectionLoss() } == .unavailable)
        #expect(ended { $0.receiveTrailers([("grpc-status", "99")]) } == .unknown)
        #expect(
            ended {
                $0.receiveHeaders(ServerCall.responseHeaders, endsStream: false)
                _ = $0.receiveData([0, 0, 0, 0, 5, 1], endsStream: false)
                $0.receiveTrailers(ServerCall.trailers(.ok))
            } == .internalError)
    }
}

import CoreHarness
import Arrow
import Bytes
import Flight
import Grpc
import Http2
import Reactor
import Testing

@testable import Fleet

@Suite("Flight client")
struct FlightClientTests {
    private static let second: UInt64 = 1_000_000_000

    /// Connects to a server that answers as told, and gives what `body` makes of it.
    private func withServer<Result: Sendable>(
        _ answer: @escaping @Sendable (Answer) async -> Void,
        _ body: @escaping @Sendable (FlightClient, ScriptedServer, EventLoop) async throws -> Result
    ) async throws -> Result {
        try await onCore(.readiness) { loop in
            let server = try ScriptedServer(on: loop, answer: answer)
            guard let address = WorkerAddress("\(server.listener.address)") else { throw KernelError.notFound }
            let client = try await FlightClient.connect(
                to: address, on: loop, resolver: Resolver(), timeoutNanoseconds: 10 * Self.second)
            defer { client.close() }
            return try await body(client, server, loop)
        }
    }

    /// Everything a stream gives: its bodies, then how it ended.
    private static func drain(_ stream: FlightDataStream) async -> ([[UInt8]], Status) {
        var bodies: [[UInt8]] = []
        do throws(Status) {
            while let data = try await stream.next() { bodies.append(data.body.copiedBytes()) }
            return (bodies, .ok)
        } catch {
            return (bodies, error)
        }
    }

    private static func message(_ body: [UInt8]) -> [UInt8] {
        let head = FlightData.head(ipcMetadata: [1, 2, 3], bodyByteCount: body.count).copiedBytes()
        return Array(head.dropFirst(MessageFrame.prefixByteCount)) + body
    }

    @Test func readsAStreamToItsEnd() async throws {
        let bodies = [[1], [UInt8](repeating: 7, count: 3 << 20), [UInt8](repeating: 8, count: 100_000)]
        let (received, status, request, fields) = try await withServer { answer in
            answer.sendHeaders()
            for body in bodies { answer.send(Self.message(body)) }
            answer.end(.ok)
        } _: { client, server, _ in
            let stream = client.doGet(Ticket(bytes: [9, 9]), metadata: [("x-a", "b")])
            let (received, status) = await Self.drain(stream)
            return (received, status, server.lastAnswer?.message ?? [], server.lastAnswer?.fields ?? [])
        }
        #expect(received == bodies)
        #expect(status == .ok)
        #expect(fields.first { $0.name == ":path" }?.value == "/arrow.flight.protocol.FlightService/DoGet")
        #expect(fields.first { $0.name == "x-a" }?.value == "b")
        // gRPC prefix, then field 1 with the ticket's two bytes.
        #expect(request == [0, 0, 0, 0, 4, 0x0a, 2, 9, 9])
    }

    @Test func anActionGivesItsResults() async throws {
        let results = try await withServer { answer in
            answer.sendHeaders()
            answer.send(ActionResult(body: Array("ok".utf8)).encode())
            answer.end(.ok)
        } _: { client, _, _ in
            try await client.doAction(Action(type: "health_check"))
        }
        #expect(results.map(\.body) == [Array("ok".utf8)])
    }

    @Test func aRefusalIsItsStatus() async throws {
        let (bodies, status) = try await withServer { answer in
            answer.sendHeaders(
                [
                    HeaderField(name: "grpc-status", value: "16"),
                    HeaderField(name: "grpc-message", value: "Invalid%20worker secret"),
                ], endsStream: true)
        } _: { client, _, _ in
            await Self.drain(client.doGet(Ticket(bytes: [])))
        }
        #expect(bodies.isEmpty)
        #expect(status == Status(.unauthenticated, "Invalid worker secret"))
    }

    @Test func anErrorComesAfterTheMessagesBeforeIt() async throws {
        let (bodies, status) = try await withServer { answer in
            answer.sendHeaders()
            answer.send(Self.message([5]))
            answer.end(.dataLoss, "page 3")
        } _: { client, _, _ in
            await Self.drain(client.doGet(Ticket(bytes: [])))
        }
        #expect(bodies == [[5]])
        #expect(status == Status(.dataLoss, "page 3"))
    }

    @Test func resetsAndLossesAreErrors() async throws {
        let (_, reset) = try await withServer { answer in
            answer.sendHeaders()
            answer.send(Self.message([5]))
            answer.reset(.refusedStream)
        } _: { client, _, _ in
            await Self.drain(client.doGet(Ticket(bytes: [])))
        }
        #expect(reset.code == .unavailable)
        let (_, lost) = try await withServer { answer in
            answer.closeConnection()
        } _: { client, _, _ in
            await Self.drain(client.doGet(Ticket(bytes: [])))
        }
        #expect(lost.code == .unavailable)
        let (_, malformed) = try await withServer { answer in
            answer.sendHeaders()
            // A field whose length points beyond the message.
            answer.send([0x0a, 100, 1])
        } _: { client, _, _ in
            await Self.drain(client.doGet(Ticket(bytes: [])))
        }
        #expect(malformed.code == .internalError)
    }

    @Test func aCallAfterTheLossOfTheConnectionFailsAtOnce() async throws {
        let status = try await withServer {
            $0.closeConnection()
        } _: { client, _, _ in
            _ = await Self.drain(client.doGet(Ticket(bytes: [])))
            return await Self.drain(client.doGet(Ticket(bytes: []))).1
        }
        #expect(status.code == .unavailable)
    }

    @Test func theDeadlineEndsACallWithoutAnswer() async throws {
        let (status, code) = try await withServer { _ in
        } _: { client, server, loop in
            let stream = client.doGet(Ticket(bytes: []), timeoutNanoseconds: Self.second / 20)
            let (_, status) = await Self.drain(stream)
            while server.lastAnswer?.resetCode == nil { await loop.sleep(nanoseconds: Self.second / 1000) }
            return (status, server.lastAnswer?.resetCode)
        }
        #expect(status.code == .deadlineExceeded)
        #expect(code == .cancel)
    }

    /// 64 MiB wait at the server; what a client that does not read takes off its hands is windows, socket buffers and one
    /// queue, not all of it.
    @Test func aReaderThatLagsHoldsTheServerBack() async throws {
        let messageCount = 64
        let (left, received) = try await withServer { answer in
            answer.sendHeaders()
            let message = Self.message([UInt8](repeating: 1, count: 1 << 20))
            for _ in 0..<messageCount { answer.send(message) }
            answer.end(.ok)
        } _: { client, server, loop in
            let stream = client.doGet(Ticket(bytes: []))
            _ = try await stream.next()
            var left = Int.max
            // Until nothing moves any more.
            while let now = server.lastAnswer?.queuedByteCount, now < left {
                left = now
                await loop.sleep(nanoseconds: Self.second / 10)
            }
            return (left, await Self.drain(stream).0.count + 1)
        }
        #expect(left > 32 << 20)
        #expect(received == messageCount)
    }

    @Test func whatIsNoWorkerIsUnavailable() async throws {
        let codes = try await onCore(.readiness) { loop in
            var statuses: [Status] = []
            // The first says nothing, the second speaks HTTP/1, the third is not there.
            for greeting in ["", "HTTP/1.1 400 Bad Request\r\n\r\n", nil] {
                guard let any = SocketAddress(numeric: "127.0.0.1", port: 0) else { throw KernelError.notFound }
                let listener = try Listener(on: any, loop: loop)
                var sockets: [Socket] = []
                if let greeting {
                    listener.run { socket in
                        sockets.append(socket)
                        loop.spawn { try? await socket.send([Slice(copying: Array(greeting.utf8))]) }
                    }
                }
                guard let address = WorkerAddress("\(listener.address)") else { throw KernelError.notFound }
                if greeting == nil { listener.close() }
                do throws(Status) {
                    _ = try await FlightClient.connect(
                        to: address, on: loop, resolver: Resolver(), timeoutNanoseconds: Self.second / 5)
                } catch {
                    statuses.append(error)
                }
                sockets.forEach { $0.close() }
            }
            return statuses.map(\.code)
        }
        #expect(codes == [.unavailable, .unavailable, .unavailable])
    }
}

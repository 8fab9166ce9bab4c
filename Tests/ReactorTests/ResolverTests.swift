import CoreHarness
import Synchronization
import Testing

@testable import Reactor

@Suite("Resolver")
struct ResolverTests {
    /// Counts look-ups, and answers them one address each, or fails for the host "missing".
    private final class Names: Sendable {
        let asked = Mutex<[String]>([])

        func resolver(memoryNanoseconds: UInt64) -> Resolver {
            Resolver(memoryNanoseconds: memoryNanoseconds) { [self] name in
                asked.withLock { $0.append(name.host) }
                guard name.host != "missing", let address = SocketAddress(numeric: "192.0.2.1", port: name.port) else {
                    return .failure(ResolveError(host: name.host, reason: "no such name"))
                }
                return .success([address])
            }
        }

        var count: Int { asked.withLock { $0.count } }
    }

    @Test func anAnswerIsRemembered() async throws {
        let names = Names()
        let resolver = names.resolver(memoryNanoseconds: 3_600_000_000_000)
        for _ in 0..<3 {
            #expect(try await resolver.resolve(host: "store", port: 9000).map(\.description) == ["192.0.2.1:9000"])
        }
        #expect(names.count == 1)
        #expect(try await resolver.resolve(host: "store", port: 9001).map(\.port) == [9001])
        #expect(names.count == 2)
        #expect(try await resolver.resolve(host: "::1", port: 1).map(\.description) == ["[::1]:1"])
        #expect(names.count == 2)
    }

    @Test func notForEverAndNoFailure() async throws {
        let names = Names()
        let resolver = names.resolver(memoryNanoseconds: 0)
        for _ in 0..<2 { _ = try await resolver.resolve(host: "store", port: 9000) }
        #expect(names.count == 2)
        let lasting = names.resolver(memoryNanoseconds: 3_600_000_000_000)
        for _ in 0..<2 {
            await #expect(throws: ResolveError(host: "missing", reason: "no such name")) {
                _ = try await lasting.resolve(host: "missing", port: 1)
            }
        }
        #expect(names.count == 4)
    }

    @Test func whoAsksMeanwhileGetsTheSameAnswer() async throws {
        let names = Names()
        let gate = Mutex(false)
        let resolver = Resolver(memoryNanoseconds: 3_600_000_000_000) { name in
            names.asked.withLock { $0.append(name.host) }
            while !gate.withLock({ $0 }) {}
            return .success([])
        }
        let answers = try await onCore(.readiness) { loop in
            let done = Box(0)
            for _ in 0..<5 {
                loop.spawn {
                    _ = try? await resolver.resolve(host: "store", port: 1)
                    done.value += 1
                }
            }
            while names.count == 0 { await loop.sleep(nanoseconds: 1_000_000) }
            gate.withLock { $0 = true }
            while done.value < 5 { await loop.sleep(nanoseconds: 1_000_000) }
            return done.value
        }
        #expect(answers == 5)
        #expect(names.count == 1)
    }

    @Test func onlySoManyNamesAreRemembered() async throws {
        let names = Names()
        let resolver = names.resolver(memoryNanoseconds: 3_600_000_000_000)
        for number in 0...Resolver.memoryLimit { _ = try await resolver.resolve(host: "h\(number)", port: 1) }
        let count = names.count
        _ = try await resolver.resolve(host: "h0", port: 1)
        #expect(names.count == count + 1)
    }
}

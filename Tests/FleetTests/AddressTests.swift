import Testing

@testable import Fleet

@Suite("Worker address")
struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:50052", "127.0.0.1", 50052, "127.0.0.1:50052"),
        ("grpc://worker-1.pool:1", "worker-1.pool", 1, "worker-1.pool:1"),
        ("grpc+tcp://[::1]:65535", "::1", 65535, "[::1]:65535"),
        ("http://localhost:80/", "localhost", 80, "localhost:80"),
    ])
    func reads(text: String, host: String, port: UInt16, authority: String) {
        let address = WorkerAddress(text)
        #expect(address?.host == host)
        #expect(address?.port == port)
        #expect(address?.description == authority)
    }

    @Test(arguments: [
        "", ":", "host", "host:", ":80", "host:0", "host:65536", "host:+8", "host:8x", "::1:80", "[]:80", "a b:80",
        "grpc://", "grpc+tls://host:80", "https://host:80", "user/x:80", "host:80/path", "hö:80",
    ])
    func refuses(text: String) {
        #expect(WorkerAddress(text) == nil)
    }
}

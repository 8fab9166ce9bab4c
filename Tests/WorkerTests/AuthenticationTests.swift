import Grpc
import Testing

@testable import Worker

@Suite("Authentication")
struct AuthenticationTests {
    static let ticket = Array(#"{"fragment_id":"f"}"#.utf8)
    /// HMAC-SHA256 with the key `shared-secret`, as the contract gives it.
    static let signature = "a6366e66e9a2b33ee9c9b8328983c50b75241de9dab1f63eddcb847e158d25eb"
    static let good: Metadata = [("x-sqe-worker-secret", "shared-secret"), ("x-sqe-scan-signature", signature)]

    private func status(
        _ metadata: Metadata, ticket: [UInt8] = ticket, secret: String? = "shared-secret"
    ) -> Status? {
        do throws(Status) {
            try Authentication(secret: secret.map { Array($0.utf8) }).check(ticket: ticket, metadata: metadata)
            return nil
        } catch {
            return error
        }
    }

    static let wrongSecret = Status(.unauthenticated, "Invalid worker secret")
    static let wrongSignature = Status(.unauthenticated, "Invalid scan task signature")

    @Test func theVectorOfTheContract() {
        #expect(status(Self.good) == nil)
        #expect(status(Self.good.reversed()) == nil)
        #expect(status([("te", "trailers")] + Self.good) == nil)
    }

    @Test(arguments: ["", "s", "shared-secre", "shared-secret ", "shared-secretx", "Shared-secret", "shared-secreT"])
    func aWrongSecret(_ given: String) {
        #expect(status([("x-sqe-worker-secret", given), Self.good[1]]) == Self.wrongSecret)
    }

    @Test func aMissingHeader() {
        #expect(status([]) == Self.wrongSecret)
        #expect(status([Self.good[1]]) == Self.wrongSecret)
        #expect(status([Self.good[0]]) == Self.wrongSignature)
    }

    @Test func aWrongSignature() {
        let upper = Self.signature.uppercased()
        for given in [
            "", "a", String(Self.signature.dropLast()), Self.signature + "0", upper, "0" + Self.signature.dropFirst(),
        ] {
            #expect(status([Self.good[0], ("x-sqe-scan-signature", given)]) == Self.wrongSignature)
        }
    }

    @Test func everyBitOfTheTicketIsSigned() {
        for position in Self.ticket.indices {
            var changed = Self.ticket
            changed[position] ^= 1
            #expect(status(Self.good, ticket: changed) == Self.wrongSignature)
        }
        #expect(status(Self.good, ticket: Self.ticket + [0x20]) == Self.wrongSignature)
        #expect(status(Self.good, ticket: Self.ticket.dropLast()) == Self.wrongSignature)
        #expect(status(Self.good, ticket: []) == Self.wrongSignature)
    }

    @Test func onlyTheFirstOfTwoHeadersCounts() {
        let second: Metadata = [("x-sqe-worker-secret", "x")] + Self.good
        #expect(status(second) == Self.wrongSecret)
    }

    @Test func withoutASecretEverybodyMayEnter() {
        #expect(status([], secret: nil) == nil)
        #expect(status([("x-sqe-worker-secret", "x"), ("x-sqe-scan-signature", "y")], secret: nil) == nil)
    }
}

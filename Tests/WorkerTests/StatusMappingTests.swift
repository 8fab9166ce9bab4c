import Grpc
import Parquet
import S3
import Testing

@testable import Worker

@Suite("Status mapping")
struct StatusMappingTests {
    static let location = try? ObjectLocation.parse("s3://lake/k")

    /// Every class of failure of a store and the status it has to become.
    static let stores: [(S3Error, StatusCode)] = [
        (.invalidRequest(field: "s3_endpoint"), .invalidArgument),
        (.plainHTTPNotAllowed, .permissionDenied),
        (.notFound(.object), .notFound), (.notFound(.bucket), .notFound), (.notFound(.unnamed), .notFound),
        (.accessDenied, .permissionDenied),
        (.unauthenticated(.unknownAccessKey), .unauthenticated), (.unauthenticated(.expiredToken), .unauthenticated),
        (.unauthenticated(.signatureMismatch), .unauthenticated), (.unauthenticated(.invalidToken), .unauthenticated),
        (.unauthenticated(.unnamed), .unauthenticated),
        (.clockSkewed(serverSecondsSince1970: nil), .unavailable),
        (.changed, .aborted), (.rangeNotSatisfiable(objectByteCount: 3), .aborted),
        (.redirected(status: 301, region: "eu", location: "http://hush/"), .unavailable),
        (.unavailable(status: 503, code: "SlowDown", retryAfterSeconds: 1), .unavailable),
        (.connectionClosed, .unavailable),
        (.rejected(status: 400, code: "InvalidRequest"), .invalidArgument),
        (.malformedResponse(.wrongLength), .unavailable),
    ]

    @Test(arguments: stores.indices)
    func storeFailures(_ index: Int) throws {
        let (error, code) = Self.stores[index]
        let status = Status(storeError: error, location: try #require(Self.location))
        #expect(status.code == code)
        #expect(status.message.hasPrefix("Scan execution failed: s3://lake/k: "))
        // Where a redirect leads may carry a signature.
        #expect(!status.message.contains("hush"))
    }

    /// A client repeats these three codes elsewhere and no others.
    @Test func aFailureThatMayPassIsRepeatable() {
        for (error, code) in Self.stores where error.isTransient { #expect(code == .unavailable) }
        let final: [StatusCode] = [.invalidArgument, .permissionDenied, .notFound, .unauthenticated]
        for (error, code) in Self.stores where final.contains(code) { #expect(!error.isTransient) }
    }

    @Test func fileFailures() {
        let place = ParquetError.Place(column: "x", rowGroup: 2, page: 3, offset: 44)
        let failures: [(ParquetError, StatusCode)] = [
            (.malformed("w", at: place), .dataLoss), (.unsupported("w", at: place), .unimplemented),
            (.tooLarge("w", at: place), .resourceExhausted),
        ]
        for (error, code) in failures {
            let status = Status(parquetError: error, file: "s3://lake/k")
            #expect(status.code == code)
            #expect(status.message.hasPrefix("Scan execution failed: s3://lake/k: "))
            for part in ["\"x\"", "row group 2", "page 3", "offset 44"] { #expect(status.message.contains(part)) }
        }
    }
}

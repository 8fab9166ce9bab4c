import Parquet
import ParquetFixtures
import S3
import Testing

@testable import Worker

@Suite("Footer cache")
struct FooterCacheTests {
    private let metrics = Metrics()

    private static func key(
        _ location: String = "s3://lake/k", at endpoint: String = "http://store:9000/base", byteCount: UInt64 = 1000,
        accessKey: String = "AKID", token: String? = nil
    ) throws -> FooterCache.Key {
        let credentials = try Credentials(accessKey: accessKey, secretKey: "hush", sessionToken: token)
        return FooterCache.Key(
            endpoint: try Endpoint.parse(endpoint, region: "", allowHTTP: true), location: try .parse(location),
            objectByteCount: byteCount, principalDigest: credentials.principalDigest)
    }

    private static func footer(columnCount: Int = 3, tag: String = "\"v1\"") throws -> FooterCache.Footer {
        let columns = (0..<columnCount).map { FileBuilder.Column(name: "c\($0)") }
        return FooterCache.Footer(metadata: try FileFixture.metadata(of: FileBuilder(columns: columns)), entityTag: tag)
    }

    /// What one entry counts, as the gauge shows.
    private func byteCount(of footer: FooterCache.Footer) throws -> Int {
        let metrics = Metrics()
        FooterCache(limitByteCount: 1 << 20, metrics: metrics).keep(footer, for: try Self.key())
        return metrics.footerCacheBytes.current
    }

    @Test func whatIsKeptIsFound() throws {
        let cache = FooterCache(limitByteCount: 1 << 20, metrics: metrics)
        let key = try Self.key()
        #expect(cache.find(key) == nil)
        cache.keep(try Self.footer(columnCount: 5), for: key)
        #expect(cache.find(key)?.metadata.columns.count == 5)
        #expect(cache.find(key)?.entityTag == "\"v1\"")
        #expect(metrics.footerCacheHits.current == 2)
        #expect(metrics.footerCacheMisses.current == 1)
    }

    @Test func whateverDiffersInTheKeyIsAnotherObject() throws {
        let cache = FooterCache(limitByteCount: 1 << 20, metrics: metrics)
        cache.keep(try Self.footer(), for: try Self.key())
        for other in [
            try Self.key("s3://lake/K"), try Self.key("s3://lakes/k"), try Self.key(at: "https://store:9000/base"),
            try Self.key(at: "http://stores:9000/base"), try Self.key(at: "http://store:9001/base"),
            try Self.key(at: "http://store:9000"), try Self.key(byteCount: 1001), try Self.key(accessKey: "AKIE"),
            try Self.key(token: "t"),
        ] { #expect(cache.find(other) == nil) }
        #expect(cache.find(try Self.key()) != nil)
    }

    @Test func theBoundHoldsAndTheOldestUseGoesFirst() throws {
        let footer = try Self.footer()
        let one = try byteCount(of: footer)
        let cache = FooterCache(limitByteCount: 3 * one, metrics: metrics)
        let keys = try (0..<5).map { try Self.key("s3://lake/\($0)") }
        for key in keys.prefix(3) { cache.keep(footer, for: key) }
        #expect(metrics.footerCacheBytes.current == 3 * one)
        #expect(cache.find(keys[0]) != nil)
        cache.keep(footer, for: keys[3])
        #expect(cache.find(keys[1]) == nil)
        cache.keep(footer, for: keys[4])
        #expect(keys.map { cache.find($0) != nil } == [true, false, false, true, true])
        #expect(metrics.footerCacheBytes.current == 3 * one)
    }

    @Test func aLargeFooterTakesThePlaceOfSeveralOrIsNotKept() throws {
        let small = try Self.footer()
        let one = try byteCount(of: small)
        let large = try Self.footer(columnCount: 40)
        let largeByteCount = try byteCount(of: large)
        #expect(largeByteCount > 2 * one)
        let cache = FooterCache(limitByteCount: largeByteCount, metrics: metrics)
        let keys = try (0..<4).map { try Self.key("s3://lake/\($0)") }
        for key in keys.prefix(3) { cache.keep(small, for: key) }
        cache.keep(large, for: keys[3])
        #expect(keys.map { cache.find($0) != nil } == [false, false, false, true])
        cache.keep(try Self.footer(columnCount: 80), for: keys[0])
        #expect(keys.map { cache.find($0) != nil } == [false, false, false, true])
        #expect(metrics.footerCacheBytes.current == largeByteCount)
    }

    @Test func aLaterVersionTakesThePlaceAndStays() throws {
        let cache = FooterCache(limitByteCount: 1 << 20, metrics: metrics)
        let key = try Self.key()
        let (old, new) = (try Self.footer(tag: "\"v1\""), try Self.footer(columnCount: 9, tag: "\"v2\""))
        cache.keep(old, for: key)
        cache.keep(new, for: key)
        #expect(try byteCount(of: new) == metrics.footerCacheBytes.current)
        cache.drop(old, for: key, hasChanged: true)
        #expect(cache.find(key)?.entityTag == "\"v2\"")
        #expect(metrics.footerCacheChanges.current == 0)
        cache.drop(new, for: key, hasChanged: true)
        #expect(cache.find(key) == nil)
        #expect(metrics.footerCacheChanges.current == 1)
        cache.keep(new, for: key)
        cache.drop(new, for: key, hasChanged: false)
        #expect(cache.find(key) == nil)
        #expect(metrics.footerCacheChanges.current == 1)
        #expect(metrics.footerCacheBytes.current == 0)
    }
}

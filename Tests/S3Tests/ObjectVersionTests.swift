import Bytes
import Testing

@testable import S3

@Suite("Object version")
struct ObjectVersionTests {
    private static func answer(_ tag: String?, _ total: UInt64? = 10, _ time: String? = "Mon") -> ResponseInfo {
        ResponseInfo(
            status: 206, servedRange: ByteRange(offset: 0, count: 1), objectByteCount: total, entityTag: tag,
            lastModified: time)
    }

    @Test func theTagDecidesWhereThereIsOne() {
        let version = ObjectVersion(Self.answer("\"a\""))
        #expect(version.strongTag == "\"a\"")
        #expect(version.allows(Self.answer("\"a\"")))
        #expect(version.allows(Self.answer("\"a\"", 10, "Tue")))
        #expect(version.allows(Self.answer("\"a\"", nil)))
        #expect(!version.allows(Self.answer("\"b\"")))
        #expect(!version.allows(Self.answer(nil)))
        #expect(!version.allows(Self.answer("\"a\"", 11)))
    }

    @Test func aWeakTagIsComparedAndNotAskedFor() {
        let version = ObjectVersion(Self.answer("W/\"a\""))
        #expect(version.strongTag == nil)
        #expect(version.allows(Self.answer("W/\"a\"")))
        #expect(!version.allows(Self.answer("W/\"b\"")))
    }

    @Test func withoutATagLengthAndTimeDecide() {
        let version = ObjectVersion(Self.answer(nil))
        #expect(version.strongTag == nil)
        #expect(version.allows(Self.answer(nil)))
        #expect(!version.allows(Self.answer(nil, 10, "Tue")))
        #expect(!version.allows(Self.answer(nil, 11)))
        #expect(!version.allows(Self.answer(nil, 10, nil)))
    }
}

/// Where an object is: `s3://bucket/key`.
///
/// - Shape: the key is the text behind the bucket, untouched: table formats store it unescaped.
public struct ObjectLocation: Hashable, Sendable, CustomStringConvertible {
    /// The longest key an object can have.
    public static let maxKeyByteCount = 1024
    private static let maxBucketByteCount = 255

    /// The bucket's name.
    public let bucket: String
    /// The object's name; never empty.
    public let key: String

    private init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Reads an `s3://` or `s3a://` location.
    ///
    /// - Throws: `.invalidRequest` for another scheme, an empty bucket or key, control characters, a bucket that could
    ///   mean another path or host.
    public static func parse(_ text: String) throws(S3Error) -> ObjectLocation {
        let invalid = S3Error.invalidRequest(field: "data_file_paths")
        let bytes = Array(text.utf8)
        let schemes = [Array("s3://".utf8), Array("s3a://".utf8)]
        guard let scheme = schemes.first(where: { bytes.starts(with: $0) }) else { throw invalid }
        let rest = bytes.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { throw invalid }
        let bucket = rest[..<slash]
        let key = rest[(slash + 1)...]
        guard !bucket.isEmpty, bucket.count <= maxBucketByteCount, bucket.allSatisfy(isBucketCharacter),
            bucket.contains(where: { $0 != UInt8(ascii: ".") })
        else { throw invalid }
        guard !key.isEmpty, key.count <= maxKeyByteCount, key.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw invalid
        }
        return ObjectLocation(
            bucket: String(decoding: bucket, as: UTF8.self), key: String(decoding: key, as: UTF8.self))
    }

    /// The location as it was given, with the scheme `s3`.
    public var description: String { "s3://\(bucket)/\(key)" }

    /// Whether the bucket's name is one label of a host name.
    var isNamedLikeHost: Bool {
        bucket.utf8.count <= 63 && bucket.utf8.first != UInt8(ascii: "-") && bucket.utf8.last != UInt8(ascii: "-")
            && bucket.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
    }

    /// Names of old buckets may have capitals and underscores.
    private static func isBucketCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".-_".utf8.contains(byte)
        }
    }
}

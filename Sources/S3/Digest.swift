import COpenSSL

/// Bytes that are wiped when no one needs them any more.
@safe final class SecretBytes: @unchecked Sendable {
    // Why unchecked: written in the initialiser only.
    private let storage: UnsafeMutableRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
        unsafe storage = .allocate(byteCount: max(bytes.count, 1), alignment: 1)
        unsafe storage.copyBytes(from: bytes)
        count = bytes.count
    }

    let count: Int

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// A copy; the caller keeps it short-lived.
    var copy: [UInt8] { unsafe Array(storage.prefix(count)) }

    /// `HMAC` with these bytes as the key.
    func hmacSHA256(_ message: some Sequence<UInt8>) -> [UInt8] {
        unsafe Digest.hmacSHA256(key: UnsafeRawBufferPointer(rebasing: storage.prefix(count)), Array(message))
    }
}

/// SHA-256 and HMAC, by libcrypto.
public enum Digest {
    static let byteCount = 32
    /// Of no bytes at all, in hexadecimal.
    static let emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// `SHA256`.
    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let result = unsafe SHA256(message, message.count, &digest)
        precondition(unsafe result != nil, "libcrypto refused SHA-256")
        return digest
    }

    /// `HMAC`.
    @unsafe static func hmacSHA256(key: UnsafeRawBufferPointer, _ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let result = unsafe HMAC(
            EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count, &digest, &length)
        precondition(unsafe result != nil && length == byteCount, "libcrypto refused HMAC")
        return digest
    }

    /// `HMAC`, as lower-case hexadecimal digits.
    public static func hmacSHA256Hex(key: [UInt8], message: [UInt8]) -> String {
        unsafe key.withUnsafeBytes { unsafe hex(hmacSHA256(key: $0, message)) }
    }

    /// Compares without telling by its duration where the first difference is; only the lengths may show.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe CRYPTO_memcmp(left, right, left.count) == 0
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

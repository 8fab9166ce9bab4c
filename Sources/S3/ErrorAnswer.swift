import Http1

/// Turns an answer that is no success into the error it means.
///
/// - Spec: Amazon S3 API Reference, "Error responses".
enum ErrorAnswer {
    /// The most of an error document that is kept.
    static let maxDocumentByteCount = 64 << 10

    static func error(_ head: ResponseHead, document: [UInt8]) -> S3Error {
        let code = code(in: document)
        if let error = namedError(code, head) { return error }
        switch head.status {
        case 301, 302, 303, 307, 308:
            return .redirected(
                status: head.status, region: region(head), location: head.fields.first("location"))
        case 401: return .unauthenticated(.unnamed)
        case 403: return .accessDenied
        case 404: return .notFound(.unnamed)
        case 412: return .changed
        case 416:
            guard let field = head.fields.first("content-range"), case .unsatisfied(let total) = ContentRange(field)
            else {
                return .rangeNotSatisfiable(objectByteCount: nil)
            }
            return .rangeNotSatisfiable(objectByteCount: total)
        case 408, 429, 500, 502, 503, 504: return unavailable(head, code)
        case 400...: return .rejected(status: head.status, code: code)
        default: return .malformedResponse(.unexpectedStatus(head.status))
        }
    }

    private static func namedError(_ code: String, _ head: ResponseHead) -> S3Error? {
        switch code {
        case "NoSuchKey", "NoSuchVersion": .notFound(.object)
        case "NoSuchBucket": .notFound(.bucket)
        case "AccessDenied", "AllAccessDisabled": .accessDenied
        case "InvalidAccessKeyId": .unauthenticated(.unknownAccessKey)
        case "SignatureDoesNotMatch": .unauthenticated(.signatureMismatch)
        case "ExpiredToken", "TokenRefreshRequired": .unauthenticated(.expiredToken)
        case "InvalidToken": .unauthenticated(.invalidToken)
        case "RequestTimeTooSkewed":
            .clockSkewed(serverSecondsSince1970: head.fields.first("date").flatMap(CivilDate.parseHTTPDate))
        case "PreconditionFailed": .changed
        // Signed for the wrong region; the answer may say which one is right.
        case "AuthorizationHeaderMalformed":
            region(head).map { .redirected(status: head.status, region: $0, location: nil) }
        case "SlowDown", "InternalError", "RequestTimeout", "ServiceUnavailable", "Busy": unavailable(head, code)
        default: nil
        }
    }

    private static func region(_ head: ResponseHead) -> String? { head.fields.first("x-amz-bucket-region") }

    private static func unavailable(_ head: ResponseHead, _ code: String) -> S3Error {
        .unavailable(status: head.status, code: code, retryAfterSeconds: retryAfterSeconds(head))
    }

    /// - Spec: RFC 9110 section 10.2.3: seconds or a date, which is taken against the answer's own.
    private static func retryAfterSeconds(_ head: ResponseHead) -> UInt64? {
        guard let text = head.fields.first("retry-after") else { return nil }
        if text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) { return UInt64(text) }
        guard let then = CivilDate.parseHTTPDate(text),
            let now = head.fields.first("date").flatMap(CivilDate.parseHTTPDate)
        else { return nil }
        return UInt64(max(0, then - now))
    }

    /// The text of the first `<Code>` element, if it looks like a code; nothing else of the document is ever shown.
    static func code(in document: [UInt8]) -> String {
        let open = Array("<Code>".utf8)
        let maxCodeByteCount = 64
        var start = 0
        while start + open.count <= document.count {
            if document[start] == open[0], document[start..<start + open.count].elementsEqual(open) {
                let rest = document[(start + open.count)...]
                let code = rest.prefix(maxCodeByteCount + 1).prefix { UriPath.isUnreserved($0) }
                let isClosed = rest.dropFirst(code.count).first == UInt8(ascii: "<")
                return isClosed && code.count <= maxCodeByteCount ? String(decoding: code, as: UTF8.self) : ""
            }
            start += 1
        }
        return ""
    }
}

import S3

/// The version of an object that its first answer had; all others have to be of the same.
final class AgreedVersion {
    /// Nil before the first answer.
    private(set) var known: ObjectVersion?

    /// Expects a version that is known from before, as if an answer had had it.
    func expect(_ version: ObjectVersion) {
        known = version
    }

    /// Remembers the version of the first answer.
    func agrees(with response: ResponseInfo) -> Bool {
        guard let known else {
            known = ObjectVersion(response)
            return true
        }
        return known.allows(response)
    }
}

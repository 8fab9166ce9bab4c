import COpenSSL

// The only file with C callbacks. Each finds the Swift object that the C one belongs to and calls one method of it; none
// keeps a pointer.

/// The kind of BIO that reads and writes a ``MemoryTransport``.
@unsafe func makeTransportMethod() -> OpaquePointer {
    let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
    guard let method = unsafe BIO_meth_new(type, "memory transport") else { preconditionFailure("out of memory") }
    unsafe BIO_meth_set_read_ex(method) { bio, target, limit, count in
        unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        guard let target = unsafe target else { return 0 }
        let moved = unsafe transport(bio).read(into: target, limit: limit)
        unsafe count?.pointee = moved
        // Not an end: more may come with the next call. What the end of the transport means is the session's to say.
        if moved == 0 { unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
        return moved > 0 ? 1 : 0
    }
    unsafe BIO_meth_set_write_ex(method) { bio, source, byteCount, count in
        unsafe transport(bio).write(UnsafeRawBufferPointer(start: source, count: byteCount))
        unsafe count?.pointee = byteCount
        return 1
    }
    unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in
        // Everything written is at its place at once. All else (kernel TLS, for one) is not there.
        command == BIO_CTRL_FLUSH ? 1 : 0
    }
    return unsafe method
}

/// A BIO over `target`.
///
/// - Ownership: not retained; `target` outlives the BIO.
@unsafe func makeTransport(_ method: OpaquePointer, over target: MemoryTransport) -> OpaquePointer {
    guard let bio = unsafe BIO_new(method) else { preconditionFailure("out of memory") }
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(target).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
}

/// Lets the sessions of a context hand over what the peer gave them for resumption.
@unsafe func installSessionCallback(_ context: OpaquePointer) {
    unsafe SSL_CTX_sess_set_new_cb(context) { handle, session in
        guard let session = unsafe session, let owner = unsafe SSL_get_ex_data(handle, ownerIndex) else { return 0 }
        unsafe Unmanaged<TlsSession>.fromOpaque(owner).takeUnretainedValue().resumable(session)
        // The reference is the receiver's.
        return 1
    }
}

/// Names the object that the callback of ``installSessionCallback(_:)`` is for.
///
/// - Ownership: not retained; `owner` owns the handle and stays alive during every call on it.
@unsafe func attach(_ handle: OpaquePointer, to owner: TlsSession) {
    unsafe SSL_set_ex_data(handle, ownerIndex, Unmanaged.passUnretained(owner).toOpaque())
}

/// The place that libssl keeps for the application's own data.
private let ownerIndex: Int32 = 0

/// - Precondition: made by ``makeTransport(_:over:)``.
@unsafe private func transport(_ bio: OpaquePointer?) -> MemoryTransport {
    guard let data = unsafe BIO_get_data(bio) else { preconditionFailure("a BIO without its transport") }
    return unsafe Unmanaged<MemoryTransport>.fromOpaque(data).takeUnretainedValue()
}

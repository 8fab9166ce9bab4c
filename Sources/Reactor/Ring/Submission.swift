import CUring
import Glibc

/// One operation for the kernel.
///
/// - Ownership: the memory that a submission points to belongs to the kernel until the completion that ends the operation
///   was collected; the event loop holds on to it.
@unsafe enum Submission {
    /// Takes one connection from a listening socket; the result is its descriptor.
    case accept(Int32)
    case connect(Int32, address: UnsafeRawPointer, byteCount: Int)
    /// Receives into memory: whatever comes first, or (`fills`) until all of it is full or the peer ends.
    case receive(Int32, target: UnsafeMutableRawPointer, byteCount: Int, fills: Bool)
    /// Sends every byte of a gather list; completes short only with an error.
    case send(Int32, message: UnsafeMutablePointer<msghdr>)
    /// Sends a gather list as ``send(_:message:)`` does, but lets the network read the bytes where they lie: the memory is
    /// the kernel's until the notification, which comes after the result.
    case sendZeroCopy(Int32, message: UnsafeMutablePointer<msghdr>)
    /// Reads from a file at an offset.
    case read(Int32, target: UnsafeMutableRawPointer, byteCount: Int, offset: UInt64)
    /// Waits for an event descriptor to be written to and takes its count, eight bytes.
    case readEvent(Int32, target: UnsafeMutableRawPointer)
    /// Opens a file below a directory, following no links; the result is its descriptor.
    case open(directory: Int32, path: UnsafePointer<CChar>, how: UnsafePointer<cu_open_how>)
}

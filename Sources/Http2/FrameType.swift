/// The frame types this module has to tell apart.
///
/// - Spec: RFC 9113 section 6.
enum FrameType: UInt8 {
    case data = 0
    case headers = 1
    case priority = 2
    case resetStream = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
}

/// Bits of the frame head's flags octet.
enum FrameFlags {
    static let acknowledge: UInt8 = 0x1
    static let endStream: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
}

/// The parts of a frame that this module acts upon.
struct FrameSummary {
    var type: FrameType?
    var flags: UInt8
    var streamID: Int32
    /// Of RST_STREAM and GOAWAY.
    var errorCode = ErrorCode.noError
    /// Of PING.
    var opaqueData: UInt64 = 0
    /// Of GOAWAY.
    var debugText = ""

    var endsStream: Bool { flags & FrameFlags.endStream != 0 }
    var acknowledges: Bool { flags & FrameFlags.acknowledge != 0 }
}

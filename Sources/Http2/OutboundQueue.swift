import Bytes

/// Body slices of one stream that wait for window and for the socket, in order.
struct OutboundQueue {
    private var slices: [Slice] = []
    /// Bytes waiting.
    private(set) var byteCount = 0

    mutating func append(_ added: [Slice]) {
        for slice in added where slice.count > 0 {
            slices.append(slice)
            byteCount += slice.count
        }
    }

    /// Moves the next `count` bytes to `output`, cutting the last slice when needed.
    ///
    /// - Precondition: `count <= byteCount`.
    mutating func take(_ count: Int, into output: inout [Slice]) {
        precondition(count <= byteCount)
        byteCount -= count
        var wanted = count
        var takenCount = 0
        while wanted > 0 {
            let slice = slices[takenCount]
            if slice.count <= wanted {
                output.append(slice)
                wanted -= slice.count
                takenCount += 1
            } else {
                output.append(slice.extracting(0..<wanted))
                slices[takenCount] = slice.extracting(wanted..<slice.count)
                wanted = 0
            }
        }
        // At once, so that this queue never keeps a block alive that the kernel is done with.
        slices.removeFirst(takenCount)
    }

    mutating func removeAll() {
        slices = []
        byteCount = 0
    }
}

"""What a scan's samples belong to, by the names on their stacks: the parts that perf/model.py reckons with."""
import collections

_CODECS = ("libzstd", "liblz4", "libbrotli", "libdeflate")
# The first that any frame of the stack is one of. On loopback, the sender's core also does the receiver's half of the network.
_BY_FRAME = (
    ("loopback", ("net_rx_action", "__napi_poll")),
    ("send", ("tcp_sendmsg", "tcp_sendmsg_locked")),
    ("receive", ("tcp_recvmsg", "tcp_recvmsg_locked")),
    ("codec", ("ck_snappy_decompress", "Decompressor.decompress(_:codec:into:)")),
    ("decode", ("Scan.step()",)),
)
NAMES = ("receive", "codec", "decode", "send", "loopback", "other")


def part_of(frames):
    if frames and frames[-1][1].startswith(_CODECS):
        return "codec"
    symbols = {symbol for symbol, _ in frames}
    for name, marks in _BY_FRAME:
        if not symbols.isdisjoint(marks):
            return name
    if frames and frames[-1][0].startswith("ck_"):
        return "decode"
    return "other"


def shares(samples):
    """Part -> share of all samples."""
    found = collections.Counter()
    for _, weight, frames in samples:
        found[part_of(frames)] += weight
    total = sum(found.values())
    return {name: found[name] / total for name in NAMES}

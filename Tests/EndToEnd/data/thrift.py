"""Thrift's compact protocol, written by hand: a value is its type and its octets, so that a test can put anything anywhere."""
from support.wire import varint

TRUE, FALSE, I8, I16, I32, I64, BINARY, LIST, STRUCT = 1, 2, 3, 4, 5, 6, 8, 9, 12


def zigzag(n):
    """A signed number of up to 64 bits as an unsigned one."""
    return (n << 1 ^ n >> 63) & 2 ** 64 - 1


def boolean(value):
    # In a struct the type is the value.
    return TRUE if value else FALSE, b""


def i8(n):
    return I8, n.to_bytes(1, "little", signed=True)


def i32(n):
    return I32, varint(zigzag(n))


def i64(n):
    return I64, varint(zigzag(n))


def binary(octets):
    octets = octets.encode() if isinstance(octets, str) else octets
    return BINARY, varint(len(octets)) + octets


def list_of(items, kind=STRUCT):
    """Items of one type; `kind` is that of an empty list."""
    kind = items[0][0] if items else kind
    count = len(items)
    # Up to 14 items in the head itself, 15 says that the count follows.
    head = bytes([count << 4 | kind]) if count < 15 else bytes([15 << 4 | kind]) + varint(count)
    return LIST, head + b"".join(octets for _, octets in items)


def struct(fields):
    """{field number: value}; a None is left out."""
    out, last = bytearray(), 0
    for number, value in sorted(fields.items()):
        if value is None:
            continue
        kind, octets = value
        # The step from the field before in the high half, or 0 and the number itself.
        step = number - last
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + varint(zigzag(number))
        out += octets
        last = number
    return STRUCT, bytes(out) + b"\0"


def octets_of(value):
    return value[1]

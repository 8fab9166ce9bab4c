"""Stored Arrow schemas that ask for another type than the file's: taken where it is another view of the same values, else passed over.

A schema that does not have the file's columns, or cannot be read, is an error.
"""
import base64

import pyarrow as pa

from data import handmade as h
from data.handmade import Chunk, Handmade, Node, group
from data.thrift import binary, boolean, list_of, struct

_INT32 = (dict(physical=h.INT32), h.plain(h.INT32, [1, -2, 3]), [1, -2, 3])
_INT64 = (dict(physical=h.INT64), h.plain(h.INT64, [1, -2, 3]), [1, -2, 3])
_DATE = (dict(physical=h.INT32, converted=h.DATE), h.plain(h.INT32, [0, 1, -1]), pa.array([0, 1, -1], pa.int32()).view(pa.date32()))
_TEXT = (dict(physical=h.BYTE_ARRAY, converted=h.UTF8), h.plain(h.BYTE_ARRAY, [b"a", b"", b"bc"]), ["a", "", "bc"])
_OCTETS = (dict(physical=h.BYTE_ARRAY), h.plain(h.BYTE_ARRAY, [b"a", b"", b"bc"]), [b"a", b"", b"bc"])
_NUMBER = (dict(physical=h.INT32, **h.decimal(9, 2)), h.plain(h.INT32, [1, -2, 3]), None)
# Midnight of 1970-01-01, which is Julian day 2,440,588, and a second later.
_STAMPS = (dict(physical=h.INT96), b"".join(n.to_bytes(8, "little") + (2_440_588).to_bytes(4, "little") for n in (0, 10**9)), None)


def _micros(utc):
    logical = {8: struct({1: boolean(utc), 2: struct({2: struct({})})})}
    return dict(physical=h.INT64, logical=logical), h.plain(h.INT64, [1, 2]), [1, 2]


def stored(schema):
    """The footer's key-value for a stored schema, or for any octets."""
    octets = schema if isinstance(schema, bytes) else base64.b64encode(schema.serialize().to_pybytes())
    return dict(f5=list_of([struct({1: binary("ARROW:schema"), 2: binary(octets)})]))


def _scaled(kind, numbers):
    """Decimals by their unscaled numbers."""
    octets = b"".join(n.to_bytes(kind.bit_width // 8, "little", signed=True) for n in numbers)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(octets)])


def _one(name, column, hint, kind, values=None):
    """A required column `c` under a hint, which comes out as `kind`."""
    node, octets, plain = column
    values = plain if values is None else values
    chunk = Chunk("c", node["physical"], [h.data_page(octets, len(values))], len(values))
    file = h.file([Node("c", **node)], [(len(values), [chunk])], **stored(pa.schema([("c", hint)])))
    array = values if isinstance(values, pa.Array) and values.type == kind else pa.array(values, kind)
    want = pa.table([array], schema=pa.schema([pa.field("c", kind, nullable=False)]))
    return Handmade("hint-" + name.replace("/", "-"), file, want)


def _taken():
    for column, word, kinds in (
            (_INT32, "int32", [pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.time32("s"), pa.time32("ms")]),
            (_INT64, "int64", [pa.timestamp("s"), pa.timestamp("us", "Asia/Tokyo"), pa.time64("us"), pa.time64("ns"), pa.date64(),
                               pa.duration("s"), pa.duration("ns")]),
            (_TEXT, "string", [pa.large_string(), pa.string_view()]),
            (_OCTETS, "binary", [pa.large_binary(), pa.binary_view(), pa.string(), pa.large_string(), pa.string_view()])):
        for kind in kinds:
            values = column[2] if column in (_TEXT, _OCTETS) else pa.array(column[2], pa.int64() if kind.bit_width == 64 else pa.int32()).view(kind)
            yield _one("%s-as-%s" % (word, kind), column, kind, kind, values)
    yield _one("date32-as-date64", _DATE, pa.date64(), pa.date64(), pa.array([0, 86_400_000, -86_400_000]).view(pa.date64()))
    for utc in (True, False):
        zoned = pa.timestamp("us", "Asia/Tokyo")
        yield _one("zone-on-%s" % ("utc" if utc else "local"), _micros(utc), zoned, zoned, pa.array([1, 2]).view(zoned))
    for unit, second in (("s", 1), ("ms", 10**3), ("us", 10**6)):
        kind = pa.timestamp(unit)
        yield _one("int96-as-%s" % unit, _STAMPS, kind, kind, pa.array([0, second]).view(kind))
    # The stored scale counts, and nothing is rescaled.
    for kind in (pa.decimal32(9, 4), pa.decimal64(12, 2), pa.decimal256(40, 5)):
        yield _one("decimal-as-%s" % kind, _NUMBER, kind, kind, _scaled(kind, [1, -2, 3]))
    words = pa.dictionary(pa.int8(), pa.string())
    yield _one("dictionary", _TEXT, words, words, pa.array(_TEXT[2]).dictionary_encode().cast(words))


def _passed_over():
    for column, word, kind, hints in (
            (_INT32, "int32", pa.int32(), [pa.int64(), pa.uint32(), pa.string(), pa.null(), pa.float32(), pa.time64("us"), pa.duration("s")]),
            (_INT64, "int64", pa.int64(), [pa.int32(), pa.uint64(), pa.time32("s"), pa.decimal128(18, 2)]),
            (_TEXT, "string", pa.string(), [pa.binary_view(), pa.binary(), pa.int32(), pa.dictionary(pa.int32(), pa.int32())]),
            (_OCTETS, "binary", pa.binary(), [pa.binary(2), pa.int32()])):
        for hint in hints:
            yield _one("%s-not-as-%s" % (word, hint), column, hint, kind)
    for name, utc, hint in (("other-unit", True, pa.timestamp("ms", "Asia/Tokyo")), ("no-zone", True, pa.timestamp("us"))):
        kind = pa.timestamp("us", "UTC" if utc else None)
        yield _one("timestamp-" + name, _micros(utc), hint, kind, pa.array([1, 2]).view(kind))


def _lists():
    # Rows [1, 2], [3, 4]: repetition 0 1 0 1; names and nullability of the child are the file's.
    body = h.levels([0, 1, 0, 1], 1) + h.levels([3] * 4, 3) + h.plain(h.INT32, [1, 2, 3, 4])
    node = group("c", group("list", Node("element", h.OPTIONAL, h.INT32), repetition=h.REPEATED), converted=h.LIST)

    def file(name, hint, kind, fate="OK", says=""):
        octets = h.file([node], [(2, [Chunk("c.list.element", h.INT32, [h.data_page(body, 4)], 4)])], **stored(pa.schema([("c", hint)])))
        want = None if kind is None else pa.table({"c": pa.array([[1, 2], [3, 4]], kind)})
        return Handmade("hint-list-" + name, octets, want, fate=fate, says=says)
    element, odd = pa.field("element", pa.int32()), pa.field("odd", pa.int32(), nullable=False)
    yield file("large", pa.large_list(odd), pa.large_list(element))
    yield file("fixed", pa.list_(odd, 2), pa.list_(element, 2))
    yield file("view", pa.list_view(odd), pa.list_view(element))
    yield file("large-view", pa.large_list_view(odd), pa.large_list_view(element))
    yield file("fixed-of-other-length", pa.list_(odd, 3), None, "DATA_LOSS", 'column "c')
    yield file("as-struct", pa.struct([("a", pa.int32())]), None, "DATA_LOSS", 'column "c')


def _refused():
    def file(name, schema):
        octets = h.file([Node("c", h.REQUIRED, h.INT32)], [(3, [Chunk("c", h.INT32, [h.data_page(_INT32[1], 3)], 3)])], **stored(schema))
        return Handmade("hint-" + name, octets, fate="DATA_LOSS")
    yield file("other-name", pa.schema([("d", pa.int32())]))
    yield file("more-columns", pa.schema([("c", pa.int32()), ("d", pa.int32())]))
    yield file("no-columns", pa.schema([]))
    yield file("not-base64", b"*** not base64 ***")
    yield file("not-a-message", base64.b64encode(b"not a message of any kind, but long enough"))
    yield file("cut", base64.b64encode(pa.schema([("c", pa.int32())]).serialize().to_pybytes()[:-40]))


def cases():
    """All of them."""
    for part in (_taken, _passed_over, _lists, _refused):
        yield from part()

"""Right files that no writer of today makes: old shapes, old framings, annotations of every kind. All must decode."""
import decimal as decimals
import gzip

import pyarrow as pa

from data import handmade as h
from data.handmade import Chunk, Handmade, Node, group
from data.thrift import binary, boolean, i8, i32, i64, list_of, struct

_INTS = h.plain(h.INT32, [1, 2, 3])
_REQUIRED_INT = pa.field("element", pa.int32(), nullable=False)


def _table(name, kind, values, nullable=False):
    return pa.table([pa.array(values, kind)], schema=pa.schema([pa.field(name, kind, nullable)]))


def _item(kind, name="element", nullable=False):
    return pa.field(name, kind, nullable)


# ---- nested shapes --------------------------------------------------------

# Three rows [1, 2], null, []: repetition 0 1 0 0, definition of a value is the largest.
def _list_file(node, path, value_level, also=()):
    """Rows [1, 2], null, [] of a list whose values have the definition level `value_level`; levels 0 null, 1 empty."""
    body = h.levels([0, 1, 0, 0], 1) + h.levels([value_level, value_level, 0, 1], value_level) + h.plain(h.INT32, [1, 2])
    chunks = [Chunk(p, h.INT32, [h.data_page(body, 4)], 4) for p in (path, *also)]
    return h.file([node], [(3, chunks)])


def _repeated(name, *children, **more):
    return group(name, *children, repetition=h.REPEATED, **more)


def _int(name, repetition=h.REQUIRED, **more):
    return Node(name, repetition, h.INT32, **more)


_ROWS = [[1, 2], None, []]
_STRUCT_ROWS = [[{"item": 1}, {"item": 2}], None, []]


def _lists():
    def list_(name, node, path, value_level, kind, rows=_ROWS, also=()):
        return Handmade("list-" + name, _list_file(node, path, value_level, also), _table("l", kind, rows, True))

    def annotated(*children):
        return group("l", *children, converted=h.LIST)
    yield list_("two-levels", annotated(_int("element", h.REPEATED)), "l.element", 2, pa.list_(_REQUIRED_INT))
    yield list_("two-levels-other-name", annotated(_int("item", h.REPEATED)), "l.item", 2, pa.list_(_item(pa.int32(), "item")))
    yield list_("group-bag", annotated(_repeated("bag", _int("array_element", h.OPTIONAL))), "l.bag.array_element", 3,
                pa.list_(_item(pa.int32(), "array_element", True)))
    yield list_("group-any-name", annotated(_repeated("whatever", _int("x"))), "l.whatever.x", 2, pa.list_(_item(pa.int32(), "x")))
    one = pa.struct([_item(pa.int32(), "item")])
    yield list_("group-array", annotated(_repeated("array", _int("item"))), "l.array.item", 2, pa.list_(_item(one, "array")), _STRUCT_ROWS)
    yield list_("group-tuple", annotated(_repeated("l_tuple", _int("item"))), "l.l_tuple.item", 2, pa.list_(_item(one, "l_tuple")),
                _STRUCT_ROWS)
    two = pa.struct([_item(pa.int32(), "a"), _item(pa.int32(), "b")])
    yield list_("group-of-two", annotated(_repeated("pair", _int("a"), _int("b"))), "l.pair.a", 2, pa.list_(_item(two, "pair")),
                [[{"a": 1, "b": 1}, {"a": 2, "b": 2}], None, []], also=["l.pair.b"])
    logical = group("l", _repeated("list", _int("element", h.OPTIONAL)), logical={3: struct({})})
    yield list_("logical-only", logical, "l.list.element", 3, pa.list_(_item(pa.int32(), nullable=True)))
    # Without an annotation the field itself is the list; it cannot be null: [1, 2], [], [3].
    body = h.levels([0, 1, 0, 0], 1) + h.levels([1, 1, 0, 1], 1) + _INTS
    yield Handmade("repeated-leaf", h.one_column(_int("l", h.REPEATED), [h.data_page(body, 4)], 4, rows=3),
                   _table("l", pa.list_(_item(pa.int32(), "l")), [[1, 2], [], [3]]))
    plain = h.file([_repeated("l", _int("a"))], [(3, [Chunk("l.a", h.INT32, [h.data_page(body, 4)], 4)])])
    yield Handmade("repeated-group", plain, _table("l", pa.list_(_item(pa.struct([_item(pa.int32(), "a")]), "l")),
                                                   [[{"a": 1}, {"a": 2}], [], [{"a": 3}]]))


def _map_file(outer, inner, key, with_value=True):
    """Rows {1: 1, 2: 2}, null, {}."""
    level = 3 if key == h.OPTIONAL else 2
    keys = h.levels([0, 1, 0, 0], 1) + h.levels([level, level, 0, 1], level) + h.plain(h.INT32, [1, 2])
    values = h.levels([0, 1, 0, 0], 1) + h.levels([3, 3, 0, 1], 3) + h.plain(h.INT32, [1, 2])
    parts = [_int("k", key), *([_int("v", h.OPTIONAL)] if with_value else [])]
    chunks = [Chunk("m.entry." + p.name, h.INT32, [h.data_page(b, 4)], 4) for p, b in zip(parts, (keys, values))]
    return h.file([group("m", _repeated("entry", *parts, **inner), **outer)], [(3, chunks)])


def _maps():
    # pyarrow forgets what a map's parts are called.
    want = _table("m", pa.map_(pa.int32(), pa.int32()), [[(1, 1), (2, 2)], None, []], True)
    yield Handmade("map-key-value-inside", _map_file(dict(converted=h.MAP), dict(converted=h.MAP_KEY_VALUE), h.REQUIRED), want)
    yield Handmade("map-key-value-outside", _map_file(dict(converted=h.MAP_KEY_VALUE), {}, h.REQUIRED), want)
    yield Handmade("map-logical-only", _map_file(dict(logical={2: struct({})}), {}, h.REQUIRED), want)
    yield Handmade("map-optional-keys", _map_file(dict(converted=h.MAP), {}, h.OPTIONAL), want)
    yield Handmade("map-without-values", _map_file(dict(converted=h.MAP), {}, h.REQUIRED, with_value=False),
                   _table("m", pa.list_(_item(pa.int32(), "k")), _ROWS, True))


# ---- levels and pages -----------------------------------------------------

def _nullable_ints(pages, values=4, **chunk):
    return h.one_column(_int("n", h.OPTIONAL), pages, values, **chunk)


def _pages():
    want = _table("n", pa.int32(), [1, None, 2, 3], True)
    # Definition levels 1 0 1 1, most significant bit first: 1011 0000. No length in front.
    yield Handmade("levels-bit-packed", _nullable_ints([h.data_page(b"\xb0" + _INTS, 4, levels_encoding=h.BIT_PACKED)]), want)
    good = h.data_page(h.levels([1, 0, 1, 1], 1) + _INTS, 4)
    yield Handmade("levels-repeated-runs", _nullable_ints([h.data_page(
        # 4 octets of length, a run of one 1, of one 0, and of two thousand million 1s, cut to what the page holds.
        b"\x0a\0\0\0" + h.repeated_run(1, 1, 1) + h.repeated_run(0, 1, 1) + h.repeated_run(1, 2_000_000_000, 1) + _INTS, 4)]), want)
    yield Handmade("index-page-between", _nullable_ints([h.page(h.INDEX_PAGE, b"anything", {6: struct({})}), good]), want)
    yield Handmade("page-without-values", _nullable_ints([h.data_page(h.levels([], 1), 0), good, h.data_page(b"", 0)]), want)
    v2 = dict(definition=h.bit_run([1, 0, 1, 1], 1), nulls=1)
    yield Handmade("v2-not-compressed", _nullable_ints([h.data_page_v2(_INTS, 4, compressed=False, **v2)], codec=h.SNAPPY), want)
    none = _table("n", pa.int32(), [None] * 4, True)
    empty = dict(definition=h.repeated_run(0, 4, 1), nulls=4)
    codecs = {"none": h.UNCOMPRESSED, "snappy": h.SNAPPY, "gzip": h.GZIP, "zstd": h.ZSTD, "lz4": h.LZ4_RAW, "brotli": h.BROTLI}
    for name, codec in codecs.items():
        yield Handmade("v2-all-null-no-body-" + name, _nullable_ints([h.data_page_v2(b"", 4, **empty)], codec=codec), none)
    yield Handmade("unknown-fields", h.file(
        [_int("n", h.OPTIONAL, fields={99: list_of([binary("x")] * 20)})],
        [(4, [Chunk("n", h.INT32, [good], 4, meta={77: struct({3: i64(1)})}, chunk={88: boolean(True)})])], f99=boolean(False)), want)
    yield Handmade("footer-says-no-rows", h.file([_int("n", h.OPTIONAL)], [(4, [Chunk("n", h.INT32, [good], 4)])], rows=0), want)
    yield Handmade("dictionary-offset-zero", _nullable_ints([good], meta={11: i64(0)}), want)
    yield Handmade("page-index-far-away", _nullable_ints([good], chunk={4: i64(2**62), 5: i32(-1), 6: i64(-7), 7: i32(2**31 - 1)}), want)
    yield Handmade("dictionary-offset-negative", _nullable_ints([good], meta={11: i64(-2**63)}), want)
    # Row groups and pages decide how much there is.
    yield Handmade("chunk-says-no-values", _nullable_ints([good], meta={5: i64(-1)}), want)
    yield Handmade("encodings-not-listed", _nullable_ints([good], meta={2: list_of([i32(199)])}), want)


def _dictionaries():
    words = h.plain(h.BYTE_ARRAY, [b"one", b"two"])
    node = Node("s", h.REQUIRED, h.BYTE_ARRAY, converted=h.UTF8)

    def file(name, pages, want):
        count = len(want)
        return Handmade("dictionary-" + name, h.one_column(node, [h.dictionary_page(words, 2), *pages], count, has_dictionary=True),
                        _table("s", pa.string(), want))
    # The first octet is the width of an index; width 0 means entry 0 throughout.
    indices = h.data_page(b"\x01" + h.bit_run([1, 0, 1], 1), 3, encoding=h.RLE_DICTIONARY)
    yield file("width-0", [h.data_page(b"\0" + h.repeated_run(0, 3, 0), 3, encoding=h.RLE_DICTIONARY)], ["one"] * 3)
    yield file("width-32", [h.data_page(b"\x20" + h.repeated_run(1, 3, 32), 3, encoding=h.PLAIN_DICTIONARY)], ["two"] * 3)
    # Lengths 1 and 2 as deltas, then all the octets.
    delta = h.data_page(h.deltas([1, 2]) + b"xyz", 2, encoding=h.DELTA_LENGTH_BYTE_ARRAY)
    # Shared prefixes 0 and 2, suffixes of 3 and 1.
    fronted = h.data_page(h.deltas([0, 2]) + h.deltas([3, 1]) + b"abcd", 2, encoding=h.DELTA_BYTE_ARRAY)
    plain = h.data_page(h.plain(h.BYTE_ARRAY, [b"", b"q"]), 2)
    yield file("then-every-other", [indices, plain, delta, fronted, indices],
               ["two", "one", "two", "", "q", "x", "yz", "abc", "abd", "two", "one", "two"])


# ---- framings -------------------------------------------------------------

def _framings():
    values = list(range(1000))
    body, want = h.plain(h.INT32, values), _table("n", pa.int32(), values)

    def block(octets):
        return pa.compress(octets, "lz4_raw", asbytes=True)

    def hadoop(parts):
        """Each part: both sizes in four octets, the high one first, and the block."""
        return b"".join(len(p).to_bytes(4, "big") + len(block(p)).to_bytes(4, "big") + block(p) for p in parts)
    halves = body[:1500], body[1500:]
    framed = {
        "lz4-hadoop": (h.LZ4, hadoop([body])), "lz4-hadoop-blocks": (h.LZ4, hadoop(halves)), "lz4-bare": (h.LZ4, block(body)),
        "lz4-frame": (h.LZ4, pa.compress(body, "lz4", asbytes=True)), "gzip-members": (h.GZIP, b"".join(map(gzip.compress, halves)))}
    for name, (codec, octets) in framed.items():
        yield Handmade(name, h.one_column(_int("n"), [h.data_page(octets, 1000, whole=len(body))], 1000, codec=codec), want)


# ---- annotations ----------------------------------------------------------

def _one(name, physical, octets, kind, values, length=None, **more):
    """A required column of the values in `octets`."""
    node = Node("c", h.REQUIRED, physical, length=length, **more)
    return Handmade("type-" + name, h.one_column(node, [h.data_page(octets, len(values))], len(values)), _table("c", kind, values))


def _scalars():
    texts = h.plain(h.BYTE_ARRAY, [b"a", b"bc"])
    for name, converted, kind in (("utf8", h.UTF8, pa.string()), ("enum", h.ENUM, pa.binary()),
                                  ("bson", h.BSON, pa.binary()), ("json", h.JSON, pa.string())):
        yield _one("converted-" + name, h.BYTE_ARRAY, texts, kind, ["a", "bc"], converted=converted)
    for name, number, kind in (("string", 1, pa.string()), ("enum", 4, pa.binary()), ("json", 12, pa.string()), ("bson", 13, pa.binary()),
                               ("geometry", 17, pa.binary()), ("geography", 18, pa.binary()), ("not-known", 60, pa.binary())):
        yield _one("logical-" + name, h.BYTE_ARRAY, texts, kind, ["a", "bc"], logical={number: struct({})})
    ints = {"date": (h.DATE, pa.date32()), "time-millis": (h.TIME_MILLIS, pa.time32("ms")), "int8": (h.INT_8, pa.int8()),
            "uint8": (h.UINT_8, pa.uint8()), "int16": (h.INT_8 + 1, pa.int16()), "uint16": (h.UINT_8 + 1, pa.uint16()),
            "int32": (h.INT_8 + 2, pa.int32()), "uint32": (h.UINT_8 + 2, pa.uint32())}
    for name, (converted, kind) in ints.items():
        yield _one("converted-" + name, h.INT32, _INTS, kind, [1, 2, 3], converted=converted)
    longs = {"time-micros": (h.TIME_MICROS, pa.time64("us")), "timestamp-millis": (h.TIMESTAMP_MILLIS, pa.timestamp("ms", "UTC")),
             "timestamp-micros": (h.TIMESTAMP_MICROS, pa.timestamp("us", "UTC")),
             "int64": (h.INT_8 + 3, pa.int64()), "uint64": (h.UINT_8 + 3, pa.uint64())}
    for name, (converted, kind) in longs.items():
        yield _one("converted-" + name, h.INT64, h.plain(h.INT64, [5, 6]), kind, [5, 6], converted=converted)
    # The logical type wins over the converted one: microseconds without a zone.
    local = {8: struct({1: boolean(False), 2: struct({2: struct({})})})}
    yield _one("logical-wins", h.INT64, h.plain(h.INT64, [5, 6]), pa.timestamp("us"), [5, 6], converted=h.TIMESTAMP_MICROS, logical=local)
    small = {10: struct({1: i8(16), 2: boolean(True)})}
    yield _one("logical-int16", h.INT32, _INTS, pa.int16(), [1, 2, 3], logical=small)
    times = pa.array([-1, 2**62]).view(pa.time64("us"))
    yield _one("out-of-day", h.INT64, h.plain(h.INT64, [-1, 2**62]), times.type, times, converted=h.TIME_MICROS)
    # 1 month, 2 days, 3 milliseconds: the month is lost.
    span = b"\1\0\0\0\2\0\0\0\3\0\0\0"
    interval = h.one_column(Node("c", h.REQUIRED, h.FIXED, length=12, converted=h.INTERVAL), [h.data_page(span, 1)], 1)
    want = _table("c", pa.month_day_nano_interval(), [(0, 2, 3_000_000)])
    yield Handmade("type-converted-interval", interval, want, pa.schema([_item(day_time(), "c")]))
    nulls = h.one_column(Node("c", h.OPTIONAL, h.BYTE_ARRAY, logical={11: struct({})}), [h.data_page(h.levels([0, 0], 1), 2)], 2)
    yield Handmade("type-unknown", nulls, _table("c", pa.null(), [None, None], True))
    # Nanoseconds of the day, then the Julian day; 2,440,588 is 1970-01-01. What is too far away wraps in 64 bits.
    stamps = [(1, 2_440_588), (0, 2_440_587), (86_399 * 10**9, 5_000_000)]
    moments = [(nanos + (day - 2_440_588) * 86_400 * 10**9 + 2**63) % 2**64 - 2**63 for nanos, day in stamps]
    octets = b"".join(n.to_bytes(8, "little") + d.to_bytes(4, "little") for n, d in stamps)
    yield _one("int96", h.INT96, octets, pa.timestamp("ns"), moments)


def _decimals():
    number = decimals.Decimal
    wide = _unscaled(pa.decimal128(3, 1), [99_999])
    yield _one("decimal-wider-than-said", h.INT32, h.plain(h.INT32, [99_999]), wide.type, wide, **h.decimal(3, 1))
    for length in (1, 5, 16):
        octets = (-7).to_bytes(length, "big", signed=True)
        yield _one("decimal-fixed-%d" % length, h.FIXED, octets, pa.decimal128(2, 1), [number("-0.7")], length=length, **h.decimal(2, 1))
    for length in (17, 24, 32):
        octets = (-7).to_bytes(length, "big", signed=True)
        yield _one("decimal-fixed-%d" % length, h.FIXED, octets, pa.decimal256(20, 1), [number("-0.7")], length=length, **h.decimal(20, 1))
    # Big-endian, as short as they like.
    octets = h.plain(h.BYTE_ARRAY, [b"\xff", b"\x00\x80", b"\x00" * 15 + b"\x05"])
    yield _one("decimal-binary", h.BYTE_ARRAY, octets, pa.decimal128(10, 0), [number(-1), number(128), number(5)], **h.decimal(10))
    yield _one("decimal-binary-wide", h.BYTE_ARRAY, octets, pa.decimal256(50, 0), [number(-1), number(128), number(5)], **h.decimal(50))


def _unscaled(kind, numbers):
    """Decimals of any size, past the precision too."""
    octets = b"".join(n.to_bytes(16, "little", signed=True) for n in numbers)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(octets)])


def day_time():
    """Arrow's interval of days and milliseconds, which pyarrow has no word for: by way of the C interface."""
    import ctypes
    raw = ctypes.create_string_buffer(72)
    pa.field("x", pa.int64())._export_to_c(ctypes.addressof(raw))
    ctypes.cast(raw, ctypes.POINTER(ctypes.c_char_p))[0] = b"tiD"
    return pa.Field._import_from_c(ctypes.addressof(raw)).type


def _variant():
    parts = [Node(n, h.REQUIRED, h.BYTE_ARRAY) for n in ("metadata", "value")]
    chunks = [Chunk("v." + p.name, h.BYTE_ARRAY, [h.data_page(h.plain(h.BYTE_ARRAY, [b"\1\0\0"]), 1)], 1) for p in parts]
    octets = h.file([group("v", *parts, repetition=h.REQUIRED, logical={16: struct({})})], [(1, chunks)])
    kind = pa.struct([_item(pa.binary(), p.name) for p in parts])
    yield Handmade("variant", octets, _table("v", kind, [{"metadata": b"\1\0\0", "value": b"\1\0\0"}]))


def cases():
    """All of them."""
    for part in (_lists, _maps, _pages, _dictionaries, _framings, _scalars, _decimals, _variant):
        yield from part()

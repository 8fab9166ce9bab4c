"""Files that lie: each has to end in an error that names the column where there is one, with the worker alive.

Most of them have ended other readers, or made them reserve what the file claims.
"""
import gzip

import pyarrow as pa

from data import handmade as h
from data.handmade import Chunk, Handmade, Node, group
from data.thrift import binary, i32, i64, list_of, octets_of, struct, zigzag
from support.wire import varint

_LOST, _UNKNOWN, _LARGE = "DATA_LOSS", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"
_COLUMN = 'column "c"'
_INTS = h.plain(h.INT32, [1, 2, 3])
_GOOD = h.data_page(_INTS, 3)


def _file(name, pages, values, physical=h.INT32, fate=_LOST, says=_COLUMN, repetition=h.REQUIRED, rows=None, node=None, **chunk):
    node = node or Node("c", repetition, physical)
    return Handmade(name, h.one_column(node, pages, values, rows, **chunk), fate=fate, says=says)


def _metadata():
    """The footer, schema and chunks."""
    good = h.one_column(Node("c", h.REQUIRED, h.INT32), [_GOOD], 3)
    yield Handmade("footer-past-file", good[:-8] + (len(good)).to_bytes(4, "little") + h.MAGIC, fate=_LOST)
    yield Handmade("footer-of-four-gigabytes", good[:-8] + b"\xff\xff\xff\xff" + h.MAGIC, fate=_LOST)
    yield Handmade("footer-empty", h.MAGIC + b"\0\0\0\0" + h.MAGIC, fate=_LOST)
    yield Handmade("footer-encrypted", good[:-4] + b"PARE", fate=_UNKNOWN, says="encrypted")
    yield Handmade("wrong-magic", good[:-4] + b"PAR2", fate=_LOST)
    yield Handmade("eleven-octets", h.MAGIC + b"abc" + h.MAGIC, fate=_LOST)
    yield Handmade("no-octets", b"", fate=_LOST)
    deep = Node("c", h.OPTIONAL, h.INT32)
    yield Handmade("schema-nested-20000-deep", _nested_footer(20_000), fate=_LOST, says="nested too deeply")
    # A list that says it has two thousand million elements, in a footer of few octets.
    endless = b"\x15\x02\x19\xfc" + varint(2**31 - 1) + octets_of(struct({4: binary("schema"), 5: i32(1)}))
    yield Handmade("schema-of-two-billion-elements", _footer_file(endless), fate=_LOST)
    yield Handmade("children-past-schema", h.file([deep], [], root={4: binary("schema"), 5: i32(2**31 - 1)}), fate=_LOST)
    yield Handmade("children-negative", h.file([deep], [], root={4: binary("schema"), 5: i32(-1)}), fate=_LOST)
    yield Handmade("thrift-structs-nested", _footer_file(b"\x1c" * 100_000), fate=_LOST)
    yield Handmade("thrift-lists-nested", _footer_file(b"\xf9\x0f" + b"\x19" * 100_000), fate=_LOST)
    yield Handmade("schema-empty", _footer_file(octets_of(struct({1: i32(1), 2: list_of([]), 3: i64(0), 4: list_of([])}))), fate=_LOST)
    yield Handmade("group-without-leaf", h.file([Node("c", h.OPTIONAL, None, (), fields={5: i32(1)})], [], root=None), fate=_LOST)
    for what, number in (("size", 7), ("data-offset", 9), ("dictionary-offset", 11)):
        for how, value in (("negative", -1), ("most-negative", -2**63), ("huge", 2**62), ("hugest", 2**63 - 1)):
            # A dictionary offset below 1 is taken as none: see `legacy`.
            if what != "dictionary-offset" or value > 0:
                yield _file("chunk-%s-%s" % (what, how), [_GOOD], 3, meta={number: i64(value)})
    yield Handmade("rows-negative", h.one_column(Node("c", h.REQUIRED, h.INT32), [_GOOD], 3, rows=-1), fate=_LOST)
    yield Handmade("rows-hugest", h.one_column(Node("c", h.REQUIRED, h.INT32), [_GOOD], 3, rows=2**63 - 1), fate=_LOST)
    yield Handmade("chunks-fewer-than-columns", h.file([Node("c", h.REQUIRED, h.INT32)], [(3, [])]), fate=_LOST)
    yield _file("chunk-without-metadata", [_GOOD], 3, chunk={3: None})
    yield _file("chunk-encrypted", [_GOOD], 3, chunk={8: struct({1: struct({})})}, fate=_UNKNOWN, says="encrypted")
    yield _file("chunk-encrypted-metadata", [_GOOD], 3, fate=_UNKNOWN, says="encrypted",
                chunk={3: None, 8: struct({2: struct({1: list_of([binary("c")])})}), 9: binary(b"secret")})
    yield _file("chunk-of-other-type", [_GOOD], 3, meta={1: i32(h.INT64)})
    yield _file("codec-lzo", [_GOOD], 3, fate=_UNKNOWN, codec=h.LZO)
    yield _file("codec-unknown", [_GOOD], 3, codec=99)
    yield _file("type-unknown", [_GOOD], 3, node=Node("c", h.REQUIRED, 42), says="")
    yield _file("converted-type-unknown", [_GOOD], 3, node=Node("c", h.REQUIRED, h.INT32, converted=77), says="c")
    yield _file("date-on-int64", [_GOOD], 3, node=Node("c", h.REQUIRED, h.INT64, converted=h.DATE))
    yield _file("repetition-unknown", [_GOOD], 3, node=Node("c", 7, h.INT32), says="")
    yield Handmade("name-not-utf8", good.replace(b"\x18\x01c", b"\x18\x01\xff"), fate=_LOST)


def _footer_file(footer):
    return h.MAGIC + footer + len(footer).to_bytes(4, "little") + h.MAGIC


def _nested_footer(depth):
    """One group in another, `depth` times, and a leaf. Written flat, since Python would not stand the recursion."""
    level = struct({3: i32(h.OPTIONAL), 4: binary("g"), 5: i32(1)})
    leaf = struct({1: i32(h.INT32), 3: i32(h.OPTIONAL), 4: binary("c")})
    root = struct({4: binary("schema"), 5: i32(1)})
    return _footer_file(octets_of(struct({1: i32(1), 2: list_of([root, *[level] * depth, leaf]), 3: i64(0), 4: list_of([])})))


def _counts():
    """What pages, chunks and row groups say about each other."""
    yield _file("rows-more-than-pages", [_GOOD], 3, rows=4)
    yield _file("rows-fewer-than-pages", [_GOOD], 3, rows=2)
    yield _file("page-count-over-chunk", [h.data_page(_INTS, 2**31 - 1)], 3)
    yield _file("page-count-negative", [h.data_page(_INTS, -1)], 3)
    yield _file("page-values-missing", [h.data_page(_INTS, 4)], 4)
    lies = {"stored": (12, 2**31 - 1), "whole-negative": (-1, 12), "stored-negative": (12, -5), "whole-less": (11, 12)}
    for which, sizes in lies.items():
        yield _file("page-size-%s" % which, [h.data_page(_INTS, 3, sizes=sizes)], 3)
    yield _file("page-size-whole", [h.data_page(_INTS, 3, sizes=(2**31 - 1, 12))], 3, fate=_LARGE)
    yield _file("page-type-unknown", [h.page(9, _INTS, {})], 3)
    yield _file("page-without-header", [h.page(h.DATA_PAGE, _INTS, {})], 3)
    yield _file("page-encoding-unknown", [h.data_page(_INTS, 3, encoding=10)], 3, fate=_UNKNOWN)
    yield _file("page-checksum-wrong", [h.data_page(_INTS, 3, crc=1)], 3)
    yield _file("no-pages", [], 3)
    optional = dict(repetition=h.OPTIONAL)
    # Two octets of length missing; levels longer than the page; a level of 3 where 1 is the largest.
    yield _file("levels-cut", [h.data_page(b"\x02\0", 3)], 3, **optional)
    yield _file("levels-past-page", [h.data_page(b"\xff\xff\xff\x7f" + _INTS, 3)], 3, **optional)
    yield _file("level-above-largest", [h.data_page(b"\x02\0\0\0" + h.repeated_run(3, 3, 1) + _INTS, 3)], 3, **optional)
    nested = group("c", Node("n", h.OPTIONAL, h.INT32))
    octets = h.file([nested], [(3, [Chunk("c.n", h.INT32, [h.data_page(b"\x02\0\0\0" + h.repeated_run(3, 3, 2) + _INTS, 3)], 3)])])
    yield Handmade("level-3-of-2", octets, fate=_LOST, says='column "c.n"')
    repeated = dict(repetition=h.REPEATED)
    body = h.levels([1, 1, 0], 1) + h.levels([1, 1, 1], 1) + _INTS
    yield _file("first-repetition-not-0", [h.data_page(body, 3)], 3, rows=1, **repeated)
    v2 = dict(definition=h.bit_run([1, 1, 1], 1), repetition=h.bit_run([1, 0, 0], 1), rows=3)
    yield _file("v2-first-repetition-not-0", [h.data_page_v2(_INTS, 3, **v2)], 3, **repeated)
    head = {1: i32(3), 2: i32(0), 3: i32(3), 4: i32(h.PLAIN)}
    for name, lengths in (("past-page", (100, 0)), ("negative", (-1, 0)), ("sum-wraps", (2**31 - 1, 2**31 - 1))):
        lying = struct({**head, 5: i32(lengths[0]), 6: i32(lengths[1])})
        yield _file("v2-levels-" + name, [h.page(h.DATA_PAGE_V2, _INTS, {8: lying})], 3, **optional)
    # A run of 2^31 - 1 values is legal in five octets, and so are as many rows; three values are too few for them.
    most = 2**31 - 1
    yield _file("run-of-two-billion", [h.data_page(b"\x06\0\0\0" + h.repeated_run(1, most, 1) + _INTS, most)], most, **optional)
    yield _file("run-over-32-bits", [h.data_page(b"\x06\0\0\0" + h.repeated_run(1, 2**33, 1) + _INTS, 3)], 3, **optional)
    nulls = h.data_page(b"\x06\0\0\0" + h.repeated_run(0, most, 1), 10)
    yield _file("rows-past-nulls", [nulls], 10, rows=2**40, **optional)


def _dictionary(indices, count=3, entries=1, body=None):
    body = h.plain(h.INT32, [7]) if body is None else body
    return [h.dictionary_page(body, entries), h.data_page(indices, count, encoding=h.RLE_DICTIONARY)]


def _dictionaries():
    def file(name, pages, **more):
        return _file("dictionary-" + name, pages, 3, has_dictionary=True, **more)
    for width in (33, 63, 64, 255):
        yield file("width-%d" % width, _dictionary(bytes([width]) + h.repeated_run(0, 3, 8) * 9))
    yield file("index-past-end", _dictionary(b"\x01" + h.repeated_run(1, 3, 1)))
    yield file("index-32-bits", _dictionary(b"\x20" + h.repeated_run(2**32 - 1, 3, 32)))
    yield file("empty", _dictionary(b"\0" + h.repeated_run(0, 3, 0), entries=0, body=b""))
    yield file("count-huge", _dictionary(b"\0" + h.repeated_run(0, 3, 0), entries=2**31 - 1))
    yield file("count-negative", _dictionary(b"\0" + h.repeated_run(0, 3, 0), entries=-1))
    yield file("indices-cut", _dictionary(b"\x01"))
    yield file("no-width", _dictionary(b""))
    yield file("run-of-none", _dictionary(b"\x01" + b"\0" * 50))
    yield file("twice", [*_dictionary(b"\0" + h.repeated_run(0, 3, 0))[:1] * 2, *_dictionary(b"\0" + h.repeated_run(0, 3, 0))[1:]])
    yield _file("dictionary-missing", [h.data_page(b"\0" + h.repeated_run(0, 3, 0), 3, encoding=h.RLE_DICTIONARY)], 3)
    # Its length is two thousand million.
    text = _dictionary(b"\0" + h.repeated_run(0, 3, 0), body=b"\xff\xff\xff\x7f")
    yield file("string-past-page", text, node=Node("c", h.REQUIRED, h.BYTE_ARRAY))


def _delta(name, octets, count=3, physical=h.INT32, **more):
    return _file("delta-" + name, [h.data_page(octets, count, encoding=h.DELTA_BINARY_PACKED)], count, physical, **more)


def _deltas():
    yield _delta("no-miniblocks", h.delta_head(128, 0, 3, 1) + b"\0" * 20)
    yield _delta("block-of-none", h.delta_head(0, 4, 3, 1) + b"\0" * 20)
    yield _delta("block-of-100", h.delta_head(100, 4, 3, 1) + b"\0" * 20)
    yield _delta("miniblock-of-0", h.delta_head(128, 256, 3, 1) + b"\0" * 300)
    yield _delta("miniblock-of-8", h.delta_head(128, 16, 3, 1) + b"\0" * 40)
    yield _delta("block-of-2-to-63", h.delta_head(2**63, 4, 3, 1) + b"\0" * 20)
    yield _delta("miniblocks-of-2-to-62", h.delta_head(2**63, 2**62, 3, 1) + b"\0" * 20)
    yield _delta("count-huge", h.delta_head(128, 4, 2**62, 1) + b"\0" * 20)
    yield _delta("count-less", h.delta_head(128, 4, 2, 1) + varint(zigzag(0)) + b"\0" * 4)
    yield _delta("count-of-none", h.delta_head(128, 4, 0, 1))
    yield _delta("width-33", h.delta_head(128, 4, 3, 1) + varint(zigzag(0)) + b"\x21\0\0\0" + b"\xff" * 200)
    yield _delta("width-65", h.delta_head(128, 4, 3, 1) + varint(zigzag(0)) + b"\x41\0\0\0" + b"\xff" * 300, physical=h.INT64)
    yield _delta("width-255", h.delta_head(128, 4, 3, 1) + varint(zigzag(0)) + b"\xff\0\0\0" + b"\xff" * 1100, physical=h.INT64)
    yield _delta("cut", h.deltas([1, 2, 300])[:-60])
    yield _delta("endless-varint", b"\xff" * 100)
    yield _delta("empty", b"")
    yield _delta("on-double", h.deltas([1, 2, 3]), physical=h.DOUBLE)


def _strings():
    def file(name, body, encoding=h.PLAIN, count=2, **more):
        text = Node("c", h.REQUIRED, h.BYTE_ARRAY, converted=h.UTF8)
        return _file("string-" + name, [h.data_page(body, count, encoding=encoding)], count, node=text, **more)
    yield file("past-page", b"\1\0\0\0a\xff\0\0\0bc")
    yield file("length-negative", b"\1\0\0\0a\xff\xff\xff\xffbc")
    yield file("length-cut", b"\1\0\0\0a\xff\0")
    yield file("not-utf8", h.plain(h.BYTE_ARRAY, [b"a", b"\xff"]))
    yield file("half-a-character", h.plain(h.BYTE_ARRAY, ["é".encode()[:1], "é".encode()[1:]]))
    yield file("delta-length-negative", h.deltas([5, -5]) + b"abcdef", h.DELTA_LENGTH_BYTE_ARRAY)
    yield file("delta-length-past-page", h.deltas([5, 500]) + b"abcdef", h.DELTA_LENGTH_BYTE_ARRAY)
    yield file("delta-length-sum-wraps", h.deltas([2**31 - 1, 2**31 - 1]) + b"abcdef", h.DELTA_LENGTH_BYTE_ARRAY)
    yield file("prefix-of-first", h.deltas([1, 0]) + h.deltas([1, 1]) + b"ab", h.DELTA_BYTE_ARRAY)
    yield file("prefix-over-previous", h.deltas([0, 3]) + h.deltas([2, 1]) + b"abc", h.DELTA_BYTE_ARRAY)
    yield file("prefix-negative", h.deltas([0, -1]) + h.deltas([2, 1]) + b"abc", h.DELTA_BYTE_ARRAY)
    yield file("suffix-past-page", h.deltas([0, 1]) + h.deltas([2, 100]) + b"abc", h.DELTA_BYTE_ARRAY)
    yield file("suffixes-fewer", h.deltas([0, 1]) + h.deltas([2]) + b"abc", h.DELTA_BYTE_ARRAY)


def _values():
    fixed = Node("c", h.REQUIRED, h.FIXED, length=16)
    yield _file("fixed-cut", [h.data_page(b"x" * 31, 2)], 2, node=fixed)
    for length in (0, -1):
        yield _file("fixed-length-%d" % length, [h.data_page(b"x" * 31, 2)], 2, node=Node("c", h.REQUIRED, h.FIXED, length=length))
    # Refused before any column is read: one row would be too large.
    most = Node("c", h.REQUIRED, h.FIXED, length=2**31 - 1)
    yield _file("fixed-length-most", [h.data_page(b"x" * 31, 2)], 2, node=most, fate=_LARGE, says="row 0")
    fronted = h.data_page(h.deltas([0, 2]) + h.deltas([16, 1]) + b"x" * 17, 2, encoding=h.DELTA_BYTE_ARRAY)
    yield _file("fixed-prefixed-other-length", [fronted], 2, node=fixed)
    yield _file("split-not-whole", [h.data_page(b"x" * 31, 2, encoding=h.BYTE_STREAM_SPLIT)], 2, node=fixed)
    yield _file("booleans-cut", [h.data_page(b"\xff", 9)], 9, h.BOOLEAN)
    yield _file("booleans-runs-past-page", [h.data_page(b"\xff\0\0\0\x03\xff", 9, encoding=h.RLE)], 9, h.BOOLEAN)
    yield _file("int96-cut", [h.data_page(b"x" * 23, 2)], 2, h.INT96)
    node = Node("c", h.REQUIRED, h.BYTE_ARRAY, **h.decimal(10))
    yield _file("decimal-of-no-octets", [h.data_page(h.plain(h.BYTE_ARRAY, [b"\1", b""]), 2)], 2, node=node)
    yield _file("decimal-too-wide", [h.data_page(h.plain(h.BYTE_ARRAY, [b"\1" * 17]), 1)], 1, node=node)
    wide = Node("c", h.REQUIRED, h.BYTE_ARRAY, **h.decimal(50))
    yield _file("decimal-wide-too-wide", [h.data_page(h.plain(h.BYTE_ARRAY, [b"\1" * 33]), 1)], 1, node=wide)
    forms = {"precision-0": (0,), "scale-over-precision": (3, 4), "precision-77": (77,), "scale-negative": (3, -1)}
    for name, form in forms.items():
        node = Node("c", h.REQUIRED, h.BYTE_ARRAY, **h.decimal(*form))
        yield _file("decimal-" + name, [h.data_page(h.plain(h.BYTE_ARRAY, [b"\1"]), 1)], 1, node=node)
    yield _file("decimal-fixed-33", [h.data_page(b"\1" * 33, 1)], 1, node=Node("c", h.REQUIRED, h.FIXED, length=33, **h.decimal(76)))


def _bombs():
    """Small bodies that claim to become large ones, or do."""
    zeros = bytes(32 << 20)
    bombs = {"zstd": (h.ZSTD, pa.compress(zeros, "zstd", asbytes=True)), "gzip": (h.GZIP, gzip.compress(zeros, 9)),
             "brotli": (h.BROTLI, pa.compress(zeros, "brotli", asbytes=True))}
    for name, (codec, octets) in bombs.items():
        # Over the limit of a page; hidden behind a small claim.
        yield _file("bomb-%s-claimed" % name, [h.data_page(octets, 3, whole=300 << 20)], 3, codec=codec, fate=_LARGE)
        yield _file("bomb-%s-hidden" % name, [h.data_page(octets, 3, whole=12)], 3, codec=codec)
    garbage = b"\xff\xff\xff\xff\x0fgarbage"
    codecs = {"snappy": h.SNAPPY, "lz4": h.LZ4_RAW, "lz4-hadoop": h.LZ4, "zstd": h.ZSTD, "gzip": h.GZIP, "brotli": h.BROTLI}
    for name, codec in codecs.items():
        yield _file("compressed-%s-garbage" % name, [h.data_page(garbage, 3, whole=12)], 3, codec=codec)
        yield _file("compressed-%s-empty" % name, [h.data_page(b"", 3, whole=12)], 3, codec=codec)
        yield _file("compressed-%s-claims-most" % name, [h.data_page(garbage, 3, whole=2**31 - 1)], 3, codec=codec, fate=_LARGE)


def cases():
    """All of them."""
    for part in (_metadata, _counts, _dictionaries, _deltas, _strings, _values, _bombs):
        yield from part()


def amplifier(count, length):
    """A first value of `length` octets, and `count` - 1 that share all of it: gigabytes in a few octets."""
    blocks = -(-(count - 1) // 128)
    # Four miniblocks of 32 values of no bits: all differences are the least one, which is 0.
    still = varint(zigzag(0)) + bytes(4)
    # The first block of either: the first difference is `length` or its negative, all others are 0.
    rise = varint(zigzag(0)) + bytes([32, 0, 0, 0]) + h.packed([length] + [0] * 31, 32)
    fall = varint(zigzag(-length)) + bytes([32] * 4) + h.packed([0] + [length] * 127, 32)
    prefixes = h.delta_head(128, 4, count, 0) + rise + still * (blocks - 1)
    suffixes = h.delta_head(128, 4, count, length) + fall + still * (blocks - 1)
    page = h.data_page(prefixes + suffixes + b"x" * length, count, encoding=h.DELTA_BYTE_ARRAY)
    return h.one_column(Node("c", h.REQUIRED, h.BYTE_ARRAY), [page], count)

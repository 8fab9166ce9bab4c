"""Parquet files put together by hand, page by page, for what no writer makes: nothing is checked, any number can be a lie.

A file is `file(nodes, groups)`: the schema's nodes, and for each row group its rows and chunks. A chunk holds pages, which
are octets. `meta`, `header` and the like replace single Thrift fields by their number in parquet.thrift.
"""
import dataclasses
import struct as packing

import pyarrow as pa

from data.thrift import binary, boolean, i32, i64, list_of, octets_of, struct, zigzag
from support.wire import varint

MAGIC = b"PAR1"
BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)
REQUIRED, OPTIONAL, REPEATED = range(3)
PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED = 0, 2, 3, 4
DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY, RLE_DICTIONARY, BYTE_STREAM_SPLIT = 5, 6, 7, 8, 9
UNCOMPRESSED, SNAPPY, GZIP, LZO, BROTLI, LZ4, ZSTD, LZ4_RAW = range(8)
# Converted types.
UTF8, MAP, MAP_KEY_VALUE, LIST, ENUM, DECIMAL, DATE, TIME_MILLIS, TIME_MICROS, TIMESTAMP_MILLIS, TIMESTAMP_MICROS = range(11)
UINT_8, INT_8, JSON, BSON, INTERVAL = 11, 15, 19, 20, 21
DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2 = range(4)


# ---- schema ---------------------------------------------------------------

@dataclasses.dataclass
class Node:
    """An element of the schema: a leaf has a physical type, a group children."""
    name: str
    repetition: int = REQUIRED
    physical: int | None = None
    children: tuple = ()
    converted: int | None = None
    logical: dict | None = None
    length: int | None = None
    fields: dict = dataclasses.field(default_factory=dict)

    def elements(self):
        yield struct({
            1: None if self.physical is None else i32(self.physical), 2: None if self.length is None else i32(self.length),
            3: i32(self.repetition), 4: binary(self.name), 5: i32(len(self.children)) if self.physical is None else None,
            6: None if self.converted is None else i32(self.converted), 10: struct(self.logical) if self.logical else None, **self.fields})
        for child in self.children:
            yield from child.elements()


def group(name, *children, repetition=OPTIONAL, **more):
    return Node(name, repetition, children=children, **more)


def decimal(precision, scale=0):
    """The fields of a DECIMAL given as converted type."""
    return dict(converted=DECIMAL, fields={7: i32(scale), 8: i32(precision)})


# ---- values and levels ----------------------------------------------------

_FORMATS = {INT32: "<i", INT64: "<q", FLOAT: "<f", DOUBLE: "<d"}


def plain(physical, values):
    if physical == BYTE_ARRAY:
        return b"".join(len(v).to_bytes(4, "little") + v for v in values)
    if physical in (FIXED, INT96):
        return b"".join(values)
    return b"".join(packing.pack(_FORMATS[physical], v) for v in values)


def packed(values, width):
    """Bits one after another, lowest first."""
    whole = sum(v << i * width for i, v in enumerate(values))
    return whole.to_bytes((len(values) * width + 7) // 8, "little")


def bit_run(values, width):
    """One run of bit-packed values, filled up to eights: the count of eights, doubled, plus one."""
    filled = [*values, *[0] * (-len(values) % 8)]
    return varint(len(filled) // 8 << 1 | 1) + packed(filled, width)


def repeated_run(value, count, width):
    """One run of the same value: the count doubled, then the value in whole octets."""
    return varint(count << 1) + value.to_bytes((width + 7) // 8, "little")


def width_of(largest):
    return largest.bit_length()


def levels(values, largest):
    """Levels of a v1 page: four octets of length, then runs."""
    runs = bit_run(values, width_of(largest))
    return len(runs).to_bytes(4, "little") + runs


def delta_head(block, miniblocks, count, first):
    return varint(block) + varint(miniblocks) + varint(count) + varint(zigzag(first))


def deltas(values):
    """DELTA_BINARY_PACKED of few numbers: one block of 128 in 4 miniblocks of 32."""
    head = delta_head(128, 4, len(values), values[0] if values else 0)
    steps = [b - a for a, b in zip(values, values[1:])]
    if not steps:
        return head
    assert len(steps) <= 128
    least = min(steps)
    over = [s - least for s in steps]
    width = max(over).bit_length()
    used = -(-len(over) // 32)
    body = b"".join(packed([*over[i * 32:i * 32 + 32], *[0] * 32][:32], width) for i in range(used))
    return head + varint(zigzag(least)) + bytes([width] * used + [0] * (4 - used)) + body


# ---- pages, chunks, files -------------------------------------------------

def page(kind, body, header, whole=None, crc=None, sizes=None):
    """A page: `whole` is the size before compression, `sizes` what the header claims instead of the truth."""
    whole, stored = sizes or (len(body) if whole is None else whole, len(body))
    fields = {1: i32(kind), 2: i32(whole), 3: i32(stored), 4: None if crc is None else i32(crc), **header}
    return octets_of(struct(fields)) + body


def data_page(body, count, encoding=PLAIN, levels_encoding=RLE, **more):
    """A v1 page; `body` starts with the levels and is compressed already."""
    return page(DATA_PAGE, body, {5: struct({1: i32(count), 2: i32(encoding), 3: i32(levels_encoding), 4: i32(levels_encoding)})}, **more)


def data_page_v2(values, count, nulls=0, rows=None, encoding=PLAIN, definition=b"", repetition=b"", compressed=None, whole=None, **more):
    """A v2 page: the levels come without lengths and are never compressed."""
    head = {1: i32(count), 2: i32(nulls), 3: i32(count if rows is None else rows), 4: i32(encoding), 5: i32(len(definition)),
            6: i32(len(repetition)), 7: None if compressed is None else boolean(compressed)}
    whole = len(definition) + len(repetition) + (len(values) if whole is None else whole)
    return page(DATA_PAGE_V2, repetition + definition + values, {8: struct(head)}, whole=whole, **more)


def dictionary_page(body, count, encoding=PLAIN, **more):
    return page(DICTIONARY_PAGE, body, {7: struct({1: i32(count), 2: i32(encoding)})}, **more)


@dataclasses.dataclass
class Chunk:
    """The pages of a column in a row group; `values` counts nulls and the empty."""
    path: str
    physical: int
    pages: list
    values: int
    codec: int = UNCOMPRESSED
    has_dictionary: bool = False
    meta: dict = dataclasses.field(default_factory=dict)
    chunk: dict = dataclasses.field(default_factory=dict)

    def described(self, offset):
        size = sum(map(len, self.pages))
        first = offset + (len(self.pages[0]) if self.has_dictionary else 0)
        meta = {
            1: i32(self.physical), 2: list_of([i32(PLAIN)]), 3: list_of([binary(p) for p in self.path.split(".")]), 4: i32(self.codec),
            5: i64(self.values), 6: i64(size), 7: i64(size), 9: i64(first), 11: i64(offset) if self.has_dictionary else None, **self.meta}
        return struct({2: i64(offset), 3: struct(meta), **self.chunk})


def footer(nodes, groups, rows, root=None, **more):
    """FileMetaData; `more` are fields by f<number>."""
    elements = [e for n in nodes for e in n.elements()]
    top = struct(root or {4: binary("schema"), 5: i32(len(nodes))})
    extra = {int(k[1:]): v for k, v in more.items()}
    return octets_of(struct({1: i32(1), 2: list_of([top, *elements]), 3: i64(rows), 4: list_of(groups), **extra}))


def file(nodes, groups, rows=None, magic=MAGIC, **more):
    """The octets of a file. `groups` are (rows, [chunk, ...])."""
    out, described = bytearray(MAGIC), []
    for count, chunks in groups:
        columns = []
        for chunk in chunks:
            columns.append(chunk.described(len(out)))
            out += b"".join(chunk.pages)
        described.append(struct({1: list_of(columns), 2: i64(len(out)), 3: i64(count)}))
    tail = footer(nodes, described, sum(r for r, _ in groups) if rows is None else rows, **more)
    return bytes(out) + tail + len(tail).to_bytes(4, "little") + magic


def one_column(node, pages, values, rows=None, **chunk):
    """A file of one flat column and one row group."""
    return file([node], [(values if rows is None else rows, [Chunk(node.name, node.physical, pages, values, **chunk)])])


@dataclasses.dataclass
class Handmade:
    """A file made here: what it must decode to, or the status code and words it must be refused with."""
    name: str
    octets: bytes
    want: pa.Table | None = None
    # Where it is not that of `want`.
    schema: pa.Schema | None = None
    fate: str = "OK"
    says: str = ""

"""The project's own corpus: files of three writers, each with a name, a fate and what has to come out of it.

What is expected is the table that was written, under the types arrow-rs gives to the file; no reader has a say in it.
pyarrow's files are made here; `corpus_duckdb` and `corpus_polars` hold those of the others; `legacy` and `broken` have
the files that no writer makes.
"""
import dataclasses
import functools
import typing

import pyarrow as pa
import pyarrow.parquet as pq

from data import values
from data.arrow_rs import Form
from support.tables import plain_type


@dataclasses.dataclass
class Case:
    """A file: how to write it, and the table and schema that have to come out of it."""
    name: str
    table: typing.Callable[[], pa.Table]
    write: typing.Callable[[pa.Table, str], None]
    schema: typing.Callable[[pa.Schema, bool], pa.Schema]
    # The status code a scan ends with, and a word of its text.
    fate: str = "OK"
    says: str = ""
    # Whether arrow-rs reads it, too.
    arrow_rs: bool = True

    def make(self, path):
        self.write(self.table(), path)

    def expected(self, dictionaries=True):
        """(what was written, the schema of what has to come)."""
        table = self.table()
        return table, self.schema(table.schema, dictionaries)


def arrow_case(name, table, row_group_size=None, **settings):
    """What pyarrow writes with the given settings."""
    form = Form(settings.get("store_schema", True), settings.get("version", "2.6"),
                settings.get("use_deprecated_int96_timestamps", False), settings.get("use_compliant_nested_type", True))

    def write(table, path):
        pq.write_table(table, path, row_group_size=row_group_size, **{"compression": "none", **settings})

    def schema(written, dictionaries):
        return dataclasses.replace(form, dictionaries=dictionaries).schema(written)
    return Case(name, functools.cache(table), write, schema)


# ---- types ----------------------------------------------------------------

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
FLOATS = [pa.float16(), pa.float32(), pa.float64()]
TIMES = [pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"),
         *[pa.timestamp(u, z) for u in ("s", "ms", "us", "ns") for z in (None, "UTC", "Asia/Tokyo", "+02:00")],
         *[pa.duration(u) for u in ("s", "ms", "us", "ns")]]
INTEGER_DECIMALS = [pa.decimal128(1, 0), pa.decimal128(9, 9), pa.decimal128(10, 3), pa.decimal128(18, 0), pa.decimal32(7, 2), pa.decimal64(17, 5)]
# One of every number of octets, 1 to 32.
DECIMALS = [*[pa.decimal32(p, 1) for p in (1, 4, 9)], *[pa.decimal64(p, 2) for p in (10, 18)],
            *[pa.decimal128(p, p // 2) for p in (1, 2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 35, 38)],
            *[pa.decimal256(p, p // 3) for p in (5, 20, 38, 39, 40, 43, 45, 47, 50, 52, 55, 57, 59, 62, 64, 67, 69, 71, 74, 76)]]
FIXED = [pa.binary(1), pa.binary(7), pa.binary(16), pa.uuid()]
VARIABLE = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(), pa.json_()]
FLAT = [pa.bool_(), *INTEGERS, *FLOATS, *TIMES, *DECIMALS, *FIXED, *VARIABLE, pa.null(), pa.bool8()]
# Without what version 1 of the format has no room for.
COARSE = [k for k in FLAT if not (pa.types.is_timestamp(k) and k.unit == "ns")]
DICTIONARIES = [
    *[pa.dictionary(k, pa.string()) for k in INTEGERS if k != pa.uint64()],
    *[pa.dictionary(pa.int32(), v) for v in (pa.large_string(), pa.binary(), pa.large_binary())]]

_I, _S = pa.int32(), pa.string()
_NOT_NULL = pa.field("item", _I, nullable=False)
_PAIR = pa.struct([("a", _I), pa.field("b", _S, nullable=False)])
NESTED = {
    "list": pa.list_(_I), "list_of_required": pa.list_(_NOT_NULL), "list_of_strings": pa.list_(_S), "list_of_bools": pa.list_(pa.bool_()),
    "list_of_decimals": pa.list_(pa.decimal128(20, 2)), "list_of_fixed": pa.list_(pa.binary(5)), "list_of_halves": pa.list_(pa.float16()),
    "list_of_times": pa.list_(pa.timestamp("us", "UTC")), "list_of_uuids": pa.list_(pa.uuid()),
    "lists_2": pa.list_(pa.list_(_I)), "lists_3": pa.list_(pa.list_(pa.list_(_S))),
    "lists_2_required": pa.list_(pa.field("item", pa.list_(_NOT_NULL), nullable=False)),
    "struct": _PAIR, "structs_3": pa.struct([("x", pa.struct([("y", pa.struct([("z", pa.float64()), ("w", _S)]))])), ("v", pa.int8())]),
    "struct_of_required": pa.struct([pa.field("a", pa.struct([pa.field("b", _I, nullable=False)]), nullable=False)]),
    "list_of_structs": pa.list_(_PAIR), "struct_of_lists": pa.struct([("l", pa.list_(_I)), ("m", pa.list_(pa.list_(_S)))]),
    "list_of_structs_of_lists": pa.list_(pa.struct([("k", pa.int64()), ("l", pa.list_(_PAIR))])),
    "map": pa.map_(_S, _I), "map_of_required": pa.map_(_I, pa.field("value", _S, nullable=False)), "map_of_lists": pa.map_(_S, pa.list_(_PAIR)),
    "maps_2": pa.map_(_I, pa.map_(_S, pa.float64())), "list_of_maps": pa.list_(pa.map_(_S, _I)),
    "map_of_struct_keys": pa.map_(pa.struct([pa.field("a", _I, nullable=False), ("b", _S)]), _I),
    "struct_of_all": pa.struct([("l", pa.list_(_I)), ("m", pa.map_(_S, _S)), ("s", _PAIR), ("n", pa.null())]),
    "fixed_list": pa.list_(_I, 3), "fixed_list_of_required": pa.list_(_NOT_NULL, 2), "fixed_list_of_structs": pa.list_(_PAIR, 2),
    "fixed_lists_2": pa.list_(pa.list_(_I, 2), 3), "list_of_fixed_lists": pa.list_(pa.list_(_S, 2)),
    "struct_of_fixed_list": pa.struct([("f", pa.list_(pa.float32(), 4)), ("i", _I)]),
    "deep": functools.reduce(lambda k, i: pa.list_(k) if i % 2 else pa.struct([("f%d" % i, k)]), range(13), _I),
}
HINTED = {
    "large_list": pa.large_list(_S), "list_view": pa.list_view(_I), "large_list_view": pa.large_list_view(_S),
    "list_of_large": pa.list_(pa.large_string()),
    "list_of_durations": pa.list_(pa.duration("ms")),
    "struct_of_hints": pa.struct([("d", pa.date64()), ("b", pa.large_binary()), ("l", pa.large_list(_I))]),
    "map_of_large": pa.map_(pa.large_string(), pa.large_binary()), "list_of_zones": pa.list_(pa.timestamp("ms", "Asia/Tokyo")),
    "list_views_2": pa.list_view(pa.list_view(_I)), "fixed_list_of_large_lists": pa.list_(pa.large_list(_I), 2),
    "list_of_small_decimals": pa.list_(pa.decimal32(6, 2)), "large_list_of_wide_decimals": pa.large_list(pa.decimal256(20, 4)),
    "list_of_dictionaries": pa.list_(pa.dictionary(pa.int32(), _S)),
    "struct_of_dictionary": pa.struct([("d", pa.dictionary(pa.int8(), _S)), ("i", _I)]),
    "map_to_dictionaries": pa.map_(_S, pa.dictionary(pa.int16(), _S)),
}
# pyarrow cannot cut these into pages.
NESTED_VIEWS = {
    "list_of_views": pa.large_list(pa.string_view()), "map_of_views": pa.map_(pa.string_view(), pa.binary_view()),
    "struct_of_views": pa.struct([("b", pa.binary_view()), ("s", pa.string_view())])}


def columns(kinds):
    """A required and an optional field of each type; `kinds` is a list or {name: type}."""
    named = kinds.items() if isinstance(kinds, dict) else [(str(plain_type(k)) + ("" if plain_type(k) is k else " ext"), k) for k in kinds]
    required = [pa.field(name + " req", k, nullable=False) for name, k in named if k != pa.null()]
    return [*required, *[pa.field(name, k) for name, k in named]]


def _seeded(seed, kinds, rows=400, **how):
    return lambda: values.table(seed, columns(kinds), rows, **how)


# ---- the files ------------------------------------------------------------

_TINY = dict(data_page_size=300, write_batch_size=37)
ENCODINGS = {
    "PLAIN": [k for k in FLAT if k not in (pa.null(),)],
    "RLE": [pa.bool_()],
    "DELTA_BINARY_PACKED": [*INTEGERS, *TIMES, *INTEGER_DECIMALS, pa.bool8()],
    "DELTA_LENGTH_BYTE_ARRAY": VARIABLE,
    "DELTA_BYTE_ARRAY": [*VARIABLE, *FIXED, pa.float16(), *DECIMALS],
    "BYTE_STREAM_SPLIT": [*INTEGERS, *FLOATS, *TIMES, *FIXED, *DECIMALS],
}


def encodings():
    for encoding, kinds in ENCODINGS.items():
        for page in ("1.0", "2.0"):
            for few in (False, True):
                how = dict(column_encoding=encoding, use_dictionary=False, data_page_version=page, **_TINY)
                how["store_decimal_as_integer"] = encoding == "DELTA_BINARY_PACKED" or few and encoding == "BYTE_STREAM_SPLIT"
                name = "encoding-%s-v%s%s" % (encoding.lower(), page[0], "-few" if few else "")
                yield arrow_case(name, _seeded(1, kinds, few=few), **how)


def dictionaries():
    for page in ("1.0", "2.0"):
        settings = {"dictionary": {}, "dictionary-fallback": dict(dictionary_pagesize_limit=64), "dictionary-plain-name": dict(version="1.0")}
        for name, how in settings.items():
            table = _seeded(2, COARSE, few=name != "dictionary-fallback")
            yield arrow_case("%s-v%s" % (name, page[0]), table, data_page_version=page, **_TINY, **how)
        hidden = pa.struct([pa.field("d", pa.dictionary(pa.int32(), _S), nullable=False)])
        tables = {
            "below-nulls": {"s": pa.array([None] * 3, hidden)},
            "of-one": {"n": [7] * 500, "s": ["only", None] * 250, "l": [[1, 1], [], None, [1]] * 125},
            "of-many": {"n": [i * i % 70_001 for i in range(70_000)]}}
        for name, made in tables.items():
            yield arrow_case("dictionary-%s-v%s" % (name, page[0]), functools.partial(pa.table, made), data_page_version=page)


def codecs():
    kinds = {"i": _I, "s": _S, "d": pa.float64(), "b": pa.bool_(), "l": pa.list_(_I), "m": pa.map_(_S, pa.float64()), "f": pa.binary(7)}
    for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
        for page in ("1.0", "2.0"):
            name, how = "codec-%s-v%s" % (codec, page[0]), dict(compression=codec, data_page_version=page)
            yield arrow_case(name, _seeded(3, kinds, 2000), data_page_size=4000, **how)
            yield arrow_case(name + "-all-null", _seeded(3, kinds, 300, nulls=1.0), **how)
    mixed = {"i": "snappy", "i req": "zstd", "s": "gzip", "s req": "none", "d": "brotli", "d req": "lz4"}
    yield arrow_case("codec-by-column", _seeded(3, {k: kinds[k] for k in "isd"}, 1000), compression=mixed)


def all_types():
    for stored in (True, False):
        word = "stored" if stored else "unstored"
        for version in ("1.0", "2.4", "2.6"):
            kinds = FLAT if version == "2.6" else COARSE
            yield arrow_case("types-%s-%s" % (version, word), _seeded(4, kinds), version=version, store_schema=stored)
        yield arrow_case("decimals-%s-integer" % word, _seeded(5, DECIMALS), store_schema=stored, store_decimal_as_integer=True)
        yield arrow_case("decimals-%s-few" % word, _seeded(5, DECIMALS, few=True), store_schema=stored)
        zoneless = [pa.timestamp(u) for u in ("s", "ms", "us", "ns")]
        for dictionary in (True, False):
            name = "int96-%s%s" % (word, "-dictionary" if dictionary else "")
            yield arrow_case(name, _seeded(6, zoneless, few=dictionary), store_schema=stored, use_dictionary=dictionary,
                             use_deprecated_int96_timestamps=True, **_TINY)
        yield arrow_case("views-%s" % word, _seeded(7, NESTED_VIEWS), store_schema=stored)
        for page in ("1.0", "2.0"):
            yield arrow_case("hints-%s-v%s" % (word, page[0]), _seeded(7, HINTED), store_schema=stored, data_page_version=page, **_TINY)
            yield arrow_case("dictionaries-%s-v%s" % (word, page[0]), _seeded(8, DICTIONARIES), store_schema=stored, data_page_version=page,
                             row_group_size=150, **_TINY)


def nested():
    for page in ("1.0", "2.0"):
        for nulls in (0.0, 0.2, 0.8, 1.0):
            for tiny in (False, True):
                name = "nested-v%s-%d-percent-null%s" % (page[0], nulls * 100, "-tiny-pages" if tiny else "")
                yield arrow_case(name, _seeded(9, NESTED, 300, nulls=nulls), data_page_version=page, **(_TINY if tiny else {}))
    yield arrow_case("nested-unstored", _seeded(10, NESTED), store_schema=False)
    yield arrow_case("nested-item-names", _seeded(10, NESTED), use_compliant_nested_type=False)
    yield arrow_case("nested-plain", _seeded(10, NESTED), use_dictionary=False, compression="zstd")
    yield arrow_case("nested-row-groups", _seeded(10, NESTED), row_group_size=7)
    yield arrow_case("nested-few", _seeded(10, NESTED, few=True), compression="snappy")
    yield arrow_case("nested-delta", _seeded(10, {k: NESTED[k] for k in ("list", "lists_2", "struct_of_required", "fixed_lists_2", "deep")}),
                     column_encoding="DELTA_BINARY_PACKED", use_dictionary=False, **_TINY)
    yield arrow_case("nested-delta-strings", _seeded(10, {"l": pa.list_(_S), "ls": pa.list_(pa.list_(_S)), "m": pa.map_(_S, _S)}),
                     column_encoding="DELTA_BYTE_ARRAY", use_dictionary=False, data_page_version="2.0", **_TINY)


_SOME = {"i": _I, "s": _S, "l": pa.list_(_I), "st": _PAIR}


def _without_rows_groups(table, path):
    pq.ParquetWriter(path, table.schema).close()


def _long_strings():
    return pa.table({"s": pa.array(["%d" % i * 50_000 for i in range(40)]), "b": pa.array([b"", None, b"\xff" * 300_000, b"x"] * 10)})


def structures():
    yield arrow_case("zero-rows", _seeded(11, {**_SOME, **NESTED}, 0))
    yield dataclasses.replace(arrow_case("zero-row-groups", _seeded(11, {**_SOME, **NESTED}, 0)), write=_without_rows_groups)
    yield arrow_case("zero-columns", lambda: pa.table({}))
    yield arrow_case("one-row", _seeded(11, NESTED, 1))
    yield arrow_case("many-row-groups", _seeded(11, _SOME, 1000), row_group_size=3)
    yield arrow_case("one-value-pages", _seeded(11, _SOME, 100), data_page_size=1, write_batch_size=1, max_rows_per_page=1)
    thrice = [pa.array([1, 2]), pa.array(["x", None]), pa.array([[3], None])]
    yield arrow_case("duplicate-names", lambda: pa.table(thrice, names=["a"] * 3))
    yield arrow_case("names", lambda: pa.table({"": [1], "a.b": [2], "日本": [3], "with \"quotes\" and \n": [4], "A": [5], "a": [6]}))
    yield arrow_case("a-thousand-columns", lambda: pa.table({"c%d" % i: [i, None] for i in range(1000)}))
    yield arrow_case("long-strings", _long_strings, use_dictionary=False)
    yield arrow_case("long-strings-in-dictionary", _long_strings, compression="snappy")
    for page in ("1.0", "2.0"):
        yield arrow_case("checksums-v%s" % page[0], _seeded(12, _SOME, 1000), write_page_checksum=True, data_page_version=page,
                         compression="snappy", **_TINY)
        yield arrow_case("page-index-v%s" % page[0], _seeded(12, _SOME, 1000), write_page_index=True, data_page_version=page, **_TINY)
        yield arrow_case("no-statistics-v%s" % page[0], _seeded(12, _SOME, 1000), write_statistics=False, data_page_version=page)
    yield arrow_case("bloom-filters", _seeded(12, _SOME, 1000), bloom_filter_options={"i": {"ndv": 500, "fpp": 0.01}, "s": True})
    yield arrow_case("sorting-columns", _seeded(12, _SOME, 100), sorting_columns=[pq.SortingColumn(0), pq.SortingColumn(2, descending=True)])
    yield arrow_case("content-defined-chunks", _seeded(12, _SOME, 1000), use_content_defined_chunking=True)
    yield arrow_case("spark-flavor", lambda: pa.table({"a_b": [1], "t": pa.array([1], pa.timestamp("ns"))}), flavor="spark",
                     use_deprecated_int96_timestamps=True)
    yield arrow_case("metadata", lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v" * 10_000, "\u00e9": ""}))


def cases():
    """All of pyarrow's."""
    for part in (encodings, dictionaries, codecs, all_types, nested, structures):
        yield from part()

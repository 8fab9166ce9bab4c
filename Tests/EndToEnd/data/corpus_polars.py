"""The corpus' files by Polars, which stores its large layouts in the Arrow schema."""
import functools

import polars as pl
import pyarrow as pa

from data import corpus, values
from data.corpus import Case
from support.tables import list_layout

_T = pa.types
FLAT = [pa.bool_(), *corpus.INTEGERS, *corpus.FLOATS, pa.date32(), pa.time64("ns"),
        *[pa.timestamp(u, z) for u in ("ms", "us", "ns") for z in (None, "UTC", "Asia/Tokyo")], *[pa.duration(u) for u in ("ms", "us", "ns")],
        *[pa.decimal128(p, p // 3) for p in (1, 9, 10, 18, 19, 38)], pa.large_string(), pa.large_binary(), pa.null(),
        pa.dictionary(pa.uint32(), pa.large_string())]
NESTED = {k: v for k, v in corpus.NESTED.items() if "map" not in k and k not in ("struct_of_all", "list_of_fixed", "list_of_uuids")}


def kind_of(kind, dictionaries=True):
    """The Arrow type of a column that Polars writes: all may be null, lists are large and have an `element`."""
    if _T.is_struct(kind):
        return pa.struct([(kind.field(i).name, kind_of(kind.field(i).type)) for i in range(kind.num_fields)])
    if _T.is_fixed_size_list(kind):
        return pa.list_(pa.field("element", kind_of(kind.value_type)), kind.list_size)
    if list_layout(kind):
        return pa.large_list(pa.field("element", kind_of(kind.value_type)))
    if _T.is_dictionary(kind) and not dictionaries:
        return kind.value_type
    return pa.large_string() if _T.is_string(kind) else pa.large_binary() if _T.is_binary(kind) else kind


def schema_of(schema, dictionaries=True):
    return pa.schema([(f.name, kind_of(f.type, dictionaries)) for f in schema])


def write(table, path, **options):
    pl.from_arrow(table).write_parquet(path, **options)


def case(name, kinds, rows=400, nulls=0.2, few=False, seed=31, **options):
    fields = [pa.field(str(k), k) for k in kinds] if isinstance(kinds, list) else [pa.field(*i) for i in kinds.items()]
    table = functools.cache(lambda: values.table(seed, fields, rows, nulls=nulls, few=few))
    return Case("polars-" + name, table, functools.partial(write, **options), schema_of)


def cases():
    """All of Polars'."""
    kinds = {"i": pa.int32(), "s": pa.string(), "d": pa.float64(), "b": pa.bool_(), "l": pa.list_(pa.string())}
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
        yield case("codec-" + codec, kinds, 3000, compression=codec)
    for few in (False, True):
        yield case("types" + ("-few" if few else ""), FLAT, few=few)
        yield case("nested" + ("-few" if few else ""), NESTED, few=few)
    yield case("types-small-pages", FLAT, 1000, data_page_size=200, compression="uncompressed")
    yield case("nested-small-pages", NESTED, 1000, data_page_size=200, compression="uncompressed")
    yield case("nested-mostly-null", NESTED, nulls=0.8)
    yield case("row-groups", {**kinds, **NESTED}, 500, row_group_size=13)
    yield case("all-null", FLAT, 100, 1.0)
    yield case("no-nulls", FLAT, 1000, 0)
    yield case("no-rows", {**kinds, **NESTED}, 0)
    yield case("full-statistics", FLAT, statistics="full")

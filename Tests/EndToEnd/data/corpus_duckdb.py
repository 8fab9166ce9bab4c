"""The corpus' files by DuckDB: its own types, encodings and page forms."""
import dataclasses
import functools

import duckdb
import numpy as np
import pyarrow as pa

from data import corpus, legacy, values
from data.corpus import Case

_T = pa.types
_I, _S = pa.int32(), pa.string()
FLAT = [pa.bool_(), *corpus.INTEGERS, pa.float32(), pa.float64(), pa.date32(), pa.time64("us"),
        *[pa.timestamp(u) for u in ("s", "ms", "us", "ns")], pa.timestamp("us", "UTC"),
        *[pa.decimal128(p, p // 2) for p in (1, 4, 5, 9, 10, 18, 19, 38)], pa.string(), pa.binary()]
# Fixed-size arrays are left out where they can be null: see `null-arrays` below.
NESTED = {k: v for k, v in corpus.NESTED.items() if "fixed_list" not in k and not k.endswith(("_halves", "_of_all", "_fixed", "_uuids"))}


def kind_of(kind):
    """The Arrow type of a column that DuckDB writes: all may be null, lists have an `element`."""
    if _T.is_struct(kind):
        return pa.struct([(kind.field(i).name, kind_of(kind.field(i).type)) for i in range(kind.num_fields)])
    if _T.is_map(kind):
        return pa.map_(kind_of(kind.key_type), kind_of(kind.item_type))
    if _T.is_list(kind) or _T.is_fixed_size_list(kind):
        return pa.list_(pa.field("element", kind_of(kind.value_type)))
    if _T.is_timestamp(kind) and kind.unit == "s":
        return pa.timestamp("us")
    return kind


def schema_of(schema, dictionaries=True):
    return pa.schema([(f.name, kind_of(f.type)) for f in schema])


def write(table, path, query="select * from t", **options):
    """Has DuckDB write what `query` makes of the table `t`."""
    with duckdb.connect() as connection:
        # One thread keeps the rows in order and makes the same file each time.
        connection.execute("set threads = 1")
        connection.register("t", table)
        words = ", ".join("%s %s" % (k, v if isinstance(v, (int, bool)) else "'%s'" % v) for k, v in options.items())
        connection.execute("copy (%s) to '%s' (format parquet%s)" % (query, path, ", " + words if words else ""))


def case(name, kinds, rows=400, nulls=0.2, few=False, narrow=True, seed=21, **options):
    fields = [pa.field(str(k), k) for k in kinds] if isinstance(kinds, list) else [pa.field(*i) for i in kinds.items()]
    table = functools.cache(lambda: values.table(seed, fields, rows, nulls=nulls, few=few, narrow=narrow, repeats_keys=False))
    return Case("duckdb-" + name, table, functools.partial(write, **options), schema_of)


def _own_types(rows=300):
    """Columns for DuckDB to make its own types of, and what must come out: UUIDs as octets, intervals without months."""
    r = np.random.default_rng(22)
    ids = pa.array([None if i % 7 == 3 else r.bytes(16) for i in range(rows)], pa.binary(16))
    spans = [None if i % 5 == 2 else (i % 30, i * 3, i * 10**9 + 7 * 10**6) for i in range(rows)]
    return pa.table({
        "uuid": ids, "json": ['{"a": [%d, null]}' % i if i % 4 else None for i in range(rows)],
        "interval": pa.array(spans, pa.month_day_nano_interval()), "timetz": values.array(r, pa.time64("us"), rows),
        "hugeint": pa.array(r.integers(-2**53, 2**53, rows)), "colour": pa.array([("red", "green", None)[i % 3] for i in range(rows)]),
        "bit": pa.array(["101", "0", None] * (rows // 3)), "zoned": values.array(r, pa.timestamp("us", "UTC"), rows),
        "pair": pa.array([[i, None if i % 6 == 1 else -i] for i in range(rows)], pa.list_(_I)),
    })


_OWN_QUERY = """select hex(uuid)::uuid as uuid, json::json as json, interval, timetz::timetz as timetz, hugeint::hugeint as hugeint,
    cast(colour as enum('red', 'green')) as colour, bit::bit as bit, zoned, pair::int[2] as pair from t"""


def _own_schema(schema, dictionaries=True):
    day_time = pa.field("interval", legacy.day_time())
    kinds = {"hugeint": pa.float64()}
    return pa.schema([day_time if f.name == "interval" else (f.name, kind_of(kinds.get(f.name, f.type))) for f in schema])


def cases():
    """All of DuckDB's."""
    for version in ("V1", "V2"):
        for few in (False, True):
            # Its dictionaries make one entry of 0 and -0.
            kinds = [k for k in FLAT if not (few and _T.is_floating(k))]
            yield case("types-%s%s" % (version.lower(), "-few" if few else ""), kinds, few=few, parquet_version=version)
        yield case("nested-%s" % version.lower(), NESTED, parquet_version=version)
        yield case("nested-nulls-%s" % version.lower(), NESTED, nulls=0.7, parquet_version=version)
        own = Case("duckdb-own-types-%s" % version.lower(), functools.cache(_own_types),
                   functools.partial(write, query=_OWN_QUERY, parquet_version=version), _own_schema)
        yield own
        kinds = {"i": _I, "s": _S, "d": pa.float64(), "b": pa.bool_(), "l": pa.list_(_S)}
        for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"):
            yield case("codec-%s-%s" % (codec, version.lower()), kinds, 3000, parquet_version=version, codec=codec)
        yield case("row-groups-%s" % version.lower(), kinds, 10_000, parquet_version=version, row_group_size=2048)
        yield case("no-rows-%s" % version.lower(), kinds, 0, parquet_version=version)
        yield case("no-nulls-%s" % version.lower(), FLAT, 1000, 0, parquet_version=version)
        yield case("all-null-%s" % version.lower(), FLAT, 100, 1.0, parquet_version=version)
    # Differences of INT32 are written in 33 bits, which arrow-rs and Arrow C++ refuse as well.
    wide = case("wide-deltas", [_I], narrow=False, parquet_version="V2")
    yield dataclasses.replace(wide, fate="DATA_LOSS", says='column "int32"')
    yield case("full-range", FLAT, narrow=False, parquet_version="V1")
    # A null array of fixed size gets a level for each of its values, which DuckDB and Polars understand, others not.
    nulls = case("null-arrays", {"pair": pa.list_(_I, 2)})
    yield dataclasses.replace(nulls, arrow_rs=False, write=functools.partial(write, query="select pair::int[2] as pair from t"))
    yield case("bloom-filters", {"i": _I, "s": _S}, 5000, few=True, write_bloom_filter=True, bloom_filter_false_positive_ratio=0.01)
    yield dataclasses.replace(case("field-ids", {"i": _I, "s": _S}), write=lambda t, p: _with_ids(t, p))


def _with_ids(table, path):
    with duckdb.connect() as connection:
        connection.register("t", table)
        connection.execute("copy t to '%s' (format parquet, field_ids {i: 7, s: 8})" % path)

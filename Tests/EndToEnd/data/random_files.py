"""Seeded random files of each writer: nested schemas, nulls, page sizes, codecs, row groups and versions drawn anew for each."""
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data import corpus, corpus_duckdb, corpus_polars, values

_T = pa.types
_ROWS = [0, 1, 2, 7, 8, 9, 63, 64, 65, 200, 1000, 2500]
_NULLS = [0.0, 0.05, 0.5, 0.95, 1.0]
_KEYS = [pa.string(), pa.int32(), pa.int64()]


def _one(r, choices):
    return choices[int(r.integers(0, len(choices)))]


def _maybe(r, share=0.5):
    return bool(r.random() < share)


class Shapes:
    """The types that a writer is given: leaves and the layouts around them."""

    def __init__(self, leaves, layouts, required):
        self.leaves, self.layouts, self.required = leaves, layouts, required

    def field(self, r, name, depth):
        kind = self.kind(r, depth)
        return pa.field(name, kind, nullable=kind == pa.null() or not (self.required and _maybe(r, 0.25)))

    def kind(self, r, depth):
        if depth == 0 or _maybe(r, 0.4):
            return _one(r, self.leaves)
        layout = _one(r, self.layouts)
        if layout == "struct":
            return pa.struct([self.field(r, "f%d" % i, depth - 1) for i in range(int(r.integers(1, 4)))])
        if layout == "map":
            return pa.map_(_one(r, _KEYS), self.field(r, "value", depth - 1))
        item = self.field(r, "item", depth - 1)
        return pa.list_(item, int(r.integers(1, 5))) if layout == "fixed" else layout(item)


_VIEWS = (pa.string_view(), pa.binary_view())
_DICTIONARIES = [pa.dictionary(k, v) for k in (pa.int8(), pa.int32(), pa.uint16()) for v in (pa.string(), pa.binary())]
SHAPES = {
    # pyarrow cannot cut views into pages.
    "pyarrow": Shapes([k for k in corpus.FLAT if k not in _VIEWS] + _DICTIONARIES,
                      [pa.list_, pa.list_, pa.large_list, "fixed", "struct", "map"], True),
    # Null arrays of fixed size are left out: arrow-rs and pyarrow cannot follow the levels that DuckDB writes for them.
    "duckdb": Shapes(corpus_duckdb.FLAT, [pa.list_, "struct", "map"], False),
    # Categoricals are missing: they end a worker that keeps dictionaries.
    "polars": Shapes([k for k in corpus_polars.FLAT if not _T.is_dictionary(k)], [pa.large_list, "fixed", "struct"], False),
}


def _encodings(r, schema):
    """A valid encoding for each flat column; decimals may be stored as integers or not."""
    found = {}
    for field in schema:
        fits = [name for name, kinds in corpus.ENCODINGS.items() if field.type in kinds]
        fits = [n for n in fits if not _T.is_decimal(field.type) or not n.startswith("DELTA")]
        if fits:
            found[field.name] = _one(r, fits)
    return found


def _write_pyarrow(r, table, path):
    version = _one(r, ["1.0", "2.4", "2.6", "2.6"])
    settings = dict(
        version=version, compression=_one(r, ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]), data_page_version=_one(r, ["1.0", "2.0"]),
        data_page_size=_one(r, [1, 100, 1000, 10**6]), write_batch_size=_one(r, [1, 10, 100, 1024]), store_schema=_maybe(r, 0.7),
        row_group_size=_one(r, [max(len(table) // 3, 1), 50, 10**6]), store_decimal_as_integer=_maybe(r), write_page_checksum=_maybe(r, 0.3),
        write_page_index=_maybe(r, 0.3), write_statistics=_maybe(r, 0.8), use_compliant_nested_type=_maybe(r, 0.8),
        coerce_timestamps=None if version == "2.6" else "us", allow_truncated_timestamps=version != "2.6",
        max_rows_per_page=_one(r, [20_000, 3]), use_content_defined_chunking=_maybe(r, 0.1))
    if _maybe(r):
        settings["dictionary_pagesize_limit"] = _one(r, [10, 1000, 10**6])
    else:
        settings["use_dictionary"] = False
        settings["column_encoding"] = _encodings(r, table.schema)
    pq.write_table(table, path, **settings)


def _write_duckdb(r, table, path):
    corpus_duckdb.write(table, path, parquet_version=_one(r, ["V1", "V2"]), row_group_size=_one(r, [2048, 122_880]),
                        codec=_one(r, ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"]))


def _write_polars(r, table, path):
    corpus_polars.write(table, path, compression=_one(r, ["uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"]),
                        row_group_size=_one(r, [max(len(table) // 3, 1), 10**6]), data_page_size=_one(r, [100, 5000, 10**6]))


_WRITE = {"pyarrow": _write_pyarrow, "duckdb": _write_duckdb, "polars": _write_polars}
WRITERS = list(_WRITE)


def write(writer, seed, path):
    """Writes the file that a writer's seed stands for."""
    r = np.random.default_rng([WRITERS.index(writer), seed])
    shapes = SHAPES[writer]
    fields = [shapes.field(r, "c%d" % i, int(r.integers(0, 4))) for i in range(int(r.integers(1, 9)))]
    style = dict(nulls=_one(r, _NULLS), few=_maybe(r, 0.3), repeats_keys=writer == "pyarrow", narrow=writer == "duckdb")
    table = values.table([WRITERS.index(writer), seed, 1], fields, _one(r, _ROWS), **style)
    _WRITE[writer](r, table, path)

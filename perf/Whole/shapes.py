"""What is measured: each shape is a table, a way to write it, and how we want to compare with others."""
import dataclasses
from collections.abc import Callable

import pyarrow as pa

from tables import booleans, decimals, hits, lineitem, nested, nulls, strings, taxi, timestamps

ROWS = 6_000_000  # of lineitem; TPC-H's scale factor 1

BEST = "best"                # whoever is fastest
SAME = "best same layout"    # whoever is fastest among those that give strings as offsets and bytes, as we do


@dataclasses.dataclass(frozen=True)
class Shape:
    table: Callable           # (generator, rows) -> table; lineitem also takes a scratch folder
    share: float              # of ROWS
    passes: int               # over the file within one measurement, so that short ones are long enough
    goals: tuple              # (factor, whom): their CPU seconds over ours is at least the factor
    group: int = 500_000      # rows of a row group
    options: dict = dataclasses.field(default_factory=dict)
    encodings: dict = dataclasses.field(default_factory=dict)   # kind of type -> encoding, in place of dictionaries


def _is_number(kind):
    return pa.types.is_integer(kind) or pa.types.is_temporal(kind) or pa.types.is_decimal(kind)


_KINDS = {"numbers": _is_number, "floats": pa.types.is_floating, "strings": pa.types.is_string}


def write_options(shape, schema):
    """Arguments of pyarrow's `write_table` for the shape."""
    options = {"version": "2.6", "compression": "snappy", "store_decimal_as_integer": True, "row_group_size": shape.group}
    options.update(shape.options)
    if shape.encodings:
        encodings = {f.name: encoding for f in schema for kind, encoding in shape.encodings.items() if _KINDS[kind](f.type)}
        options.update(use_dictionary=False, column_encoding=encodings)
    return options


_LINEITEM = ((1.0, "polars"), (2.0, "datafusion"))
_FLAT = ((1.2, SAME), (0.9, "polars"))
_DELTA = {"numbers": "DELTA_BINARY_PACKED", "strings": "DELTA_BYTE_ARRAY"}
_SPLIT = {"numbers": "DELTA_BINARY_PACKED", "strings": "DELTA_LENGTH_BYTE_ARRAY", "floats": "BYTE_STREAM_SPLIT"}
_ZSTD = {"compression": "zstd"}
_NULLS = {"use_dictionary": ["name"]}

SHAPES = {
    "lineitem-none": Shape(lineitem, 1, 1, _LINEITEM, options={"compression": "none"}),
    "lineitem-snappy": Shape(lineitem, 1, 1, _LINEITEM),
    "lineitem-zstd": Shape(lineitem, 1, 1, _LINEITEM, options=_ZSTD),
    "lineitem-lz4_raw": Shape(lineitem, 1, 1, _LINEITEM, options={"compression": "lz4"}),
    "lineitem-zstd-delta": Shape(lineitem, 1, 1, ((2.0, BEST),), options=_ZSTD, encodings=_DELTA),
    "hits-snappy": Shape(hits, 1 / 12, 3, _FLAT, group=125_000),
    "taxi-zstd": Shape(taxi, 1 / 2, 1, _FLAT, options=_ZSTD),
    "taxi-zstd-split": Shape(taxi, 1 / 2, 1, ((2.0, BEST),), options=_ZSTD, encodings=_SPLIT),
    "strings-snappy": Shape(strings, 1 / 6, 3, _FLAT),
    "strings-delta": Shape(strings, 1 / 6, 2, ((2.0, BEST),), encodings={"strings": "DELTA_BYTE_ARRAY"}),
    "nested-snappy": Shape(nested, 1 / 12, 3, ((2.0, BEST),), group=125_000),
    "nested-zstd-v2": Shape(nested, 1 / 12, 3, ((2.0, BEST),), group=125_000, options={**_ZSTD, "data_page_version": "2.0"}),
    "nulls-10": Shape(lambda r, rows: nulls(r, rows, 0.1), 1 / 3, 3, ((2.0, SAME),), options=_NULLS),
    "nulls-50": Shape(lambda r, rows: nulls(r, rows, 0.5), 1 / 3, 3, ((2.0, SAME),), options=_NULLS),
    "decimals-fixed": Shape(decimals, 1 / 3, 3, ((1.5, BEST),), options={"store_decimal_as_integer": False}),
    "booleans": Shape(
        booleans, 1, 5, ((1.5, BEST),), options={"use_dictionary": False, "column_encoding": {"runs": "RLE"}}),
    "timestamps": Shape(timestamps, 1 / 2, 3, ((1.5, BEST),)),
}

"""Writes the Parquet files that tests, the quickstart and the benchmarks read.

    make-data --out FOLDER [--rows 6000000] [--files 4] [--variants snappy,zstd,none,nulls,...] [--row-group-size N]
              [--seed 7] [--force]

FOLDER/lineitem/<variant>/part-N.parquet and FOLDER/types/<variant>/part-0.parquet. The same options give the same
values on any machine. A variant that is already there with the same options is kept. Sizes:

  snappy zstd none nulls          --rows
  v2 nodict delta lz4 gzip brotli split indexed small
                                  at most --small-rows (small: tiny pages and row groups)
  types types_plain types_v2 types_nohint types_int96   at most --types-rows
"""
import argparse
import hashlib
import json
import os
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq

from data import lineitem, types

_BASE = dict(version="2.6", data_page_version="1.0", use_dictionary=True, write_statistics=True, store_decimal_as_integer=True)
LINEITEM = {
    "snappy": dict(compression="snappy"),
    "zstd": dict(compression="zstd"),
    "none": dict(compression="none"),
    "nulls": dict(compression="snappy"),
    "v2": dict(compression="snappy", data_page_version="2.0"),
    "nodict": dict(compression="snappy", use_dictionary=False, store_decimal_as_integer=False),
    "small": dict(compression="zstd", data_page_size=4096, write_batch_size=256, row_group_size=5_000, write_page_checksum=True),
    "delta": dict(compression="zstd", use_dictionary=False, data_page_version="2.0", column_encoding={
        "l_orderkey": "DELTA_BINARY_PACKED", "l_linenumber": "DELTA_BINARY_PACKED", "l_shipdate": "DELTA_BINARY_PACKED",
        "l_shipmode": "DELTA_LENGTH_BYTE_ARRAY", "l_comment": "DELTA_BYTE_ARRAY"}),
    "lz4": dict(compression="lz4"),
    "gzip": dict(compression="gzip"),
    "brotli": dict(compression="brotli", data_page_version="2.0"),
    "split": dict(compression="zstd", use_dictionary=False, use_byte_stream_split=["l_orderkey", "l_partkey", "l_quantity", "l_extendedprice"]),
    "indexed": dict(compression="snappy", write_page_index=True, write_page_checksum=True, bloom_filter_options={"l_orderkey": True},
                    data_page_size=16_384),
}
FULL_SIZE = ("snappy", "zstd", "none", "nulls")
TYPES = {
    "types": dict(compression="snappy"),
    "types_plain": dict(compression="none", use_dictionary=False, store_decimal_as_integer=False),
    "types_v2": dict(compression="zstd", data_page_version="2.0", data_page_size=16_384),
    "types_nohint": dict(compression="snappy", store_schema=False, data_page_size=8_192, row_group_size=3_000),
    "types_int96": dict(compression="snappy", use_deprecated_int96_timestamps=True, store_schema=False),
}
VARIANTS = [*LINEITEM, *TYPES]


def _fingerprint(options):
    h = hashlib.sha256(repr(sorted(options.items())).encode() + pa.__version__.encode())
    for module in (lineitem, types, sys.modules[__name__]):
        with open(module.__file__, "rb") as f:
            h.update(f.read())
    return h.hexdigest()


def _kept(folder, stamp, force):
    marker = os.path.join(folder, ".made")
    if not force and os.path.exists(marker) and open(marker).read() == stamp:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return False


def _mark(folder, stamp):
    with open(os.path.join(folder, ".made"), "w") as f:
        f.write(stamp)


def files_of(folder, variant):
    """The paths of a variant below FOLDER, in order."""
    kind = "types" if variant in TYPES else "lineitem"
    where = os.path.join(folder, kind, variant)
    return [os.path.join(kind, variant, n) for n in sorted(os.listdir(where)) if n.endswith(".parquet")]


def write_lineitem(folder, variant, rows, files=1, row_group_size=500_000, seed=7, force=False):
    """Writes FOLDER/lineitem/VARIANT, holding one row group in memory at most."""
    where = os.path.join(folder, "lineitem", variant)
    stamp = _fingerprint(dict(variant=variant, rows=rows, files=files, row_group_size=row_group_size, seed=seed))
    if _kept(where, stamp, force):
        return False
    settings = {**_BASE, **LINEITEM[variant]}
    group = settings.pop("row_group_size", row_group_size)
    block = lineitem.BLOCK
    per_file = -(-rows // files)
    per_file += -per_file % block if rows > block * files else 0
    first = 0
    for i in range(files):
        # Each file starts on a block edge; a file smaller than a block uses the head of its own block.
        count = min(per_file, rows - first)
        with pq.ParquetWriter(os.path.join(where, "part-%d.parquet" % i), lineitem.SCHEMA, **settings) as writer:
            pending, held = [], 0
            edge = first if per_file % block == 0 else i * block
            for part in lineitem.blocks(seed, edge, max(count, 0), 0.2 if variant == "nulls" else 0.0):
                pending.append(part)
                held += part.num_rows
                if held >= group:
                    writer.write_table(pa.concat_tables(pending), row_group_size=group)
                    pending, held = [], 0
            if pending:
                writer.write_table(pa.concat_tables(pending), row_group_size=group)
        first += max(count, 0)
    _mark(where, stamp)
    return True


def write_types(folder, variant, rows, seed=7, force=False):
    """Writes FOLDER/types/VARIANT."""
    where = os.path.join(folder, "types", variant)
    stamp = _fingerprint(dict(variant=variant, rows=rows, seed=seed))
    if _kept(where, stamp, force):
        return False
    settings = {**_BASE, **TYPES[variant]}
    group = settings.pop("row_group_size", 8_192)
    table = types.int96_table(seed, rows) if variant == "types_int96" else types.table(seed, rows)
    if variant == "types_v2":
        # Booleans as runs: the writer chooses RLE for v2 pages only when told to leave the dictionary out.
        names = [f.name for f in table.schema if f.type == pa.bool_()]
        settings.update(use_dictionary=[n for n in table.column_names if n not in names], column_encoding={n: "RLE" for n in names})
    pq.write_table(table, os.path.join(where, "part-0.parquet"), row_group_size=group, **settings)
    _mark(where, stamp)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--small-rows", type=int, default=200_000)
    parser.add_argument("--types-rows", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--row-group-size", type=int, default=500_000)
    parser.add_argument("--variants", default="snappy,zstd,none,nulls")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    names = VARIANTS if options.variants == "all" else options.variants.split(",")
    unknown = [n for n in names if n not in VARIANTS]
    if unknown:
        parser.error("no such variant: %s (there are %s)" % (", ".join(unknown), ", ".join(VARIANTS)))
    made = {}
    for name in names:
        if name in TYPES:
            write_types(options.out, name, min(options.rows, options.types_rows), options.seed, options.force)
        else:
            full = name in FULL_SIZE
            rows = options.rows if full else min(options.rows, options.small_rows)
            write_lineitem(options.out, name, rows, options.files if full else 1, options.row_group_size, options.seed, options.force)
        made[name] = [[f, os.path.getsize(os.path.join(options.out, f))] for f in files_of(options.out, name)]
        print("%-13s %2d files %12d octets" % (name, len(made[name]), sum(size for _, size in made[name])), flush=True)
    with open(os.path.join(options.out, "MANIFEST.json"), "w") as f:
        json.dump(made, f, indent=1)


if __name__ == "__main__":
    main()

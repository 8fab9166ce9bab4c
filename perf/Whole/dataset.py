"""Writes the Parquet files that decode.py reads, once: .data/perf/<shape>-<rows>-<how they are made>.parquet.

The same seed gives the same values. A file is made anew when tables.py or the shape's options are no longer what they were.
"""
import inspect
import os
import sys
import time
import zlib

import numpy as np
import pyarrow.parquet as pq

import tables
from shapes import ROWS, SHAPES, write_options

FOLDER = os.path.join(tables.ROOT, ".data", "perf")
SEED = 20
with open(tables.__file__, "rb") as _file:
    _TABLES = zlib.crc32(_file.read())


def path_of(name, rows=ROWS):
    shape = SHAPES[name]
    how = zlib.crc32(repr((SEED, shape.group, shape.options, shape.encodings)).encode(), _TABLES)
    return os.path.join(FOLDER, "%s-%d-%08x.parquet" % (name, rows * shape.share, how))


def make(names, rows=ROWS):
    """Writes what is missing; a table that several shapes share is made once."""
    os.makedirs(FOLDER, exist_ok=True)
    made = {}
    for name in names:
        path, shape = path_of(name, rows), SHAPES[name]
        if os.path.exists(path):
            continue
        began, key = time.time(), name.split("-")[0] if shape.table.__name__ != "<lambda>" else name
        if key not in made:
            made.clear()
            arguments = [np.random.default_rng([SEED, zlib.crc32(key.encode())]), int(rows * shape.share)]
            if len(inspect.signature(shape.table).parameters) > 2:
                arguments.append(FOLDER)
            made[key] = shape.table(*arguments).combine_chunks()
        table = made[key]
        pq.write_table(table, path + ".part", **write_options(shape, table.schema))
        os.replace(path + ".part", path)
        print("%-20s %8d rows %5d MB in %.0f s" % (name, len(table), os.path.getsize(path) / 1e6, time.time() - began), file=sys.stderr)


if __name__ == "__main__":
    make(sys.argv[1:] or SHAPES)

"""Prints what `decode-file --sums FILE...` prints, computed by pyarrow: sums of each array, also of those inside others."""
import sys
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


class Sum:
    """The nulls of an array that comes in chunks, the CRC-32 of its values and that of its lengths."""

    def __init__(self):
        self.nulls = self.values = self.lengths = 0


def add(sums, name, array):
    """Adds an array and those inside it, in depth-first order."""
    total = sums.setdefault(name, Sum())
    total.nulls += array.null_count
    kind = array.type
    if pa.types.is_struct(kind):
        for field, child in zip(kind, array.flatten()):
            add(sums, "%s.%s" % (name, field.name), child)
    elif pa.types.is_fixed_size_list(kind):
        add(sums, name + ".element", array.values.slice(array.offset * kind.list_size, len(array) * kind.list_size))
    elif pa.types.is_map(kind) or pa.types.is_list(kind):
        offsets = _offsets(array, total)
        inside = array.values if pa.types.is_list(kind) else pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])
        child = ".element" if pa.types.is_list(kind) else ".entries"
        add(sums, name + child, inside.slice(offsets[0], offsets[-1] - offsets[0]))
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        offsets = _offsets(array, total)
        total.values = zlib.crc32((array.buffers()[2] or b"")[offsets[0]:offsets[-1]], total.values)
    elif not pa.types.is_boolean(kind):
        total.values = zlib.crc32(_fixed(array), total.values)


def _offsets(array, total):
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset:array.offset + len(array) + 1]
    total.lengths = zlib.crc32(np.diff(offsets).tobytes(), total.lengths)
    return offsets


def _fixed(array):
    """The bytes of fixed-width values, zeros where there are none."""
    width = array.type.bit_width // 8
    data = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * width:(array.offset + len(array)) * width]
    data = data.reshape(-1, width).copy()
    if array.null_count:
        data[np.asarray(array.is_null())] = 0
    return data.tobytes()


def main():
    sums = {}
    for path in sys.argv[1:]:
        table = pq.read_table(path)
        for name in table.column_names:
            for chunk in table.column(name).chunks:
                add(sums, name, chunk)
    for name, total in sums.items():
        print("%s nulls %d values %d lengths %d" % (name, total.nulls, total.values, total.lengths))


if __name__ == "__main__":
    main()

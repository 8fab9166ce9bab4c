"""Prints what `decode-file --sums FILE...` prints, computed by pyarrow. Needs pyarrow and numpy."""
import sys
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

table = pa.concat_tables([pq.read_table(path) for path in sys.argv[1:]])
for name in table.column_names:
    values = lengths = nulls = 0
    for array in table.column(name).chunks:
        nulls += array.null_count
        if pa.types.is_boolean(array.type):
            continue
        if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
            offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset:array.offset + len(array) + 1]
            lengths = zlib.crc32(np.diff(offsets).tobytes(), lengths)
            values = zlib.crc32(array.buffers()[2] and array.buffers()[2][offsets[0]:offsets[-1]] or b"", values)
            continue
        width = array.type.bit_width // 8
        data = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * width:(array.offset + len(array)) * width]
        data = data.reshape(-1, width).copy()
        if array.null_count:
            data[np.asarray(array.is_null())] = 0
        values = zlib.crc32(data.tobytes(), values)
    print(f"{name} nulls {nulls} values {values} lengths {lengths}")

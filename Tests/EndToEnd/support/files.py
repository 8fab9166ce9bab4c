"""Small Parquet files made to measure, and ways to break them."""
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def parquet(table, **settings):
    out = io.BytesIO()
    pq.write_table(table, out, **{"compression": "snappy", **settings})
    return out.getvalue()


def sample_table(rows=1000, seed=3):
    r = np.random.default_rng(seed)
    return pa.table({
        "id": pa.array(np.arange(rows, dtype=np.int64)),
        "value": pa.array(r.normal(0, 1, rows), mask=r.random(rows) < 0.1),
        "name": pa.array(["name-%d" % i for i in r.integers(0, 50, rows)]),
    })


def wide_table(rows=60_000, columns=8, seed=5):
    """Incompressible numbers: about 64 octets a row."""
    r = np.random.default_rng(seed)
    return pa.table({"c%d" % i: r.integers(-2**62, 2**62, rows) for i in range(columns)})


def read(octets, **how):
    return pq.ParquetFile(io.BytesIO(octets)).read(**how)


def chunks(octets):
    """First octet and end of each column chunk, a list for each row group."""
    metadata = pq.ParquetFile(io.BytesIO(octets)).metadata
    groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
    columns = [[group.column(c) for c in range(group.num_columns)] for group in groups]
    return [[(c.dictionary_page_offset or c.data_page_offset, (c.dictionary_page_offset or c.data_page_offset) + c.total_compressed_size)
             for c in group] for group in columns]


def _varint_end(octets, at):
    while octets[at] & 0x80:
        at += 1
    return at


def lying_page(octets, which):
    """The file with the first page's "compressed" or "uncompressed" size made far too large."""
    chunk = pq.ParquetFile(io.BytesIO(octets)).metadata.row_group(0).column(0)
    at = min(o for o in (chunk.data_page_offset, chunk.dictionary_page_offset) if o)
    # PageHeader in compact Thrift: 15 <type> 15 <uncompressed size> 15 <compressed size>, each a varint.
    changed = bytearray(octets)
    for name in ("type", "uncompressed", "compressed"):
        assert changed[at] == 0x15, "not an i32 field one further"
        end = _varint_end(changed, at + 1)
        if name == which:
            assert end > at + 1, "too short a varint to make it large"
            changed[end] = 0x7F
        at = end + 1
    return bytes(changed)


def with_codec(number):
    """A file of one column that says its codec is `number` (its pages are gzip)."""
    name = b"the_only_column"
    octets = bytearray(parquet(pa.table({name.decode(): pa.array(range(1000))}), compression="gzip", store_schema=False))
    # ColumnMetaData: path_in_schema is a list of one string, codec (gzip is 2, zigzag 4) is the next field.
    mark = bytes([0x19, 0x18, len(name)]) + name + bytes([0x15])
    at = octets.rindex(mark) + len(mark)
    assert octets[at] == 4
    octets[at] = number << 1
    return bytes(octets)


def with_footer_length(octets, length):
    return octets[:-8] + length.to_bytes(4, "little") + octets[-4:]

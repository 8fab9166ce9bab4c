"""Seeded rows in the shape of TPC-H's lineitem, made a block at a time so that size costs no memory."""
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLOCK = 100_000
_EPOCH_1992 = 8035

_decimal = pa.decimal128(15, 2)
SCHEMA = pa.schema([
    ("l_orderkey", pa.int64()), ("l_partkey", pa.int64()), ("l_suppkey", pa.int64()), ("l_linenumber", pa.int32()),
    ("l_quantity", _decimal), ("l_extendedprice", _decimal), ("l_discount", _decimal), ("l_tax", _decimal),
    ("l_returnflag", pa.string()), ("l_linestatus", pa.string()),
    ("l_shipdate", pa.date32()), ("l_commitdate", pa.date32()), ("l_receiptdate", pa.date32()),
    ("l_shipinstruct", pa.string()), ("l_shipmode", pa.string()), ("l_comment", pa.string()),
])


def _vocabulary():
    r = np.random.default_rng(1)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    return pa.array(["".join(r.choice(letters, r.integers(2, 11))) for _ in range(5000)])


_VOCABULARY = _vocabulary()


def words(r, rows, low, high):
    """`rows` short texts of low to high words, some words far more frequent than others."""
    counts = r.integers(low, high + 1, rows)
    picks = np.minimum(r.zipf(1.3, int(counts.sum())) - 1, len(_VOCABULARY) - 1)
    offsets = np.zeros(rows + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), _VOCABULARY.take(pa.array(picks))), " ")


def _cents(values):
    halves = np.zeros((len(values), 2), np.int64)
    halves[:, 0] = values
    halves[:, 1] = values >> 63
    return pa.Array.from_buffers(_decimal, len(values), [None, pa.py_buffer(halves)])


def _pick(r, rows, choices, weights=None):
    return pa.array(choices).take(pa.array(r.choice(len(choices), rows, p=weights)))


def _with_nulls(r, table, fraction):
    columns = []
    for column in table.columns:
        keep = pa.array(r.random(len(column)) >= fraction)
        columns.append(pc.if_else(keep, column, pa.scalar(None, column.type)))
    return pa.table(columns, schema=SCHEMA)


def block(seed, index, rows, null_fraction=0.0):
    """Block `index` of the table with this seed; any block can be made without the others."""
    r = np.random.default_rng([seed, index])
    lines = r.integers(1, 8, rows)
    starts = np.cumsum(lines) - lines
    orders = int(np.searchsorted(starts, rows))
    per_order, starts = lines[:orders], starts[:orders]
    order = np.repeat(np.arange(orders), per_order)[:rows]
    line = np.arange(rows) - starts[order] + 1
    quantity, part = r.integers(1, 51, rows), r.integers(1, 200_001, rows)
    price = (90_000 + (part // 10) % 20_001 + 100 * (part % 1000)) * quantity
    shipped = r.integers(_EPOCH_1992, _EPOCH_1992 + 2526, rows)

    def days(values):
        return pa.array(values.astype(np.int32)).cast(pa.date32())

    table = pa.table([
        pa.array((index * BLOCK + order) * 4 + 1), pa.array(part), pa.array(r.integers(1, 10_001, rows)),
        pa.array(line.astype(np.int32)),
        _cents(quantity * 100), _cents(price), _cents(r.integers(0, 11, rows)), _cents(r.integers(0, 9, rows)),
        _pick(r, rows, ["A", "N", "R"], [0.25, 0.5, 0.25]), _pick(r, rows, ["F", "O"]),
        days(shipped), days(shipped + r.integers(-60, 60, rows)), days(shipped + r.integers(1, 31, rows)),
        _pick(r, rows, ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"]),
        _pick(r, rows, ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"]), words(r, rows, 3, 6),
    ], schema=SCHEMA)
    return _with_nulls(r, table, null_fraction) if null_fraction else table


def blocks(seed, first_row, rows, null_fraction=0.0):
    """Tables of at most BLOCK rows that together are rows [first_row, first_row + rows); first_row on a block edge."""
    assert first_row % BLOCK == 0
    index, left = first_row // BLOCK, rows
    while left:
        count = min(left, BLOCK)
        yield block(seed, index, count, null_fraction)
        index, left = index + 1, left - count

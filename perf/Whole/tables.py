"""Seeded tables in the shapes that scans meet: each function takes a generator of numbers and a row count."""
import os
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests", "EndToEnd"))
from data.lineitem import blocks, words  # noqa: E402


def _ranks(r, rows, exponent, most):
    """Numbers from 0, the small ones far more frequent."""
    return np.minimum(r.zipf(exponent, rows), most) - 1


def _one_of(r, rows, choices, exponent=1.3):
    return pa.array(choices).take(pa.array(_ranks(r, rows, exponent, len(choices))))


def _some(r, column, share, otherwise):
    """The column, with another value in all but a share of its rows."""
    return pc.if_else(pa.array(r.random(len(column)) < share), column, otherwise)


def _digits(r, rows, below):
    return pc.cast(pa.array(r.integers(0, below, rows)), pa.string())


def _stamps(values, unit, zone=None):
    return pa.array(values.astype(np.int64)).view(pa.timestamp(unit, zone))


def _addresses(r, rows):
    hosts = ["https://www.host%d.example" % n for n in range(2000)]
    path = pc.replace_substring(words(r, rows, 1, 5), " ", "/")
    return pc.binary_join_element_wise(_one_of(r, rows, hosts), path, _digits(r, rows, 10**7), "/")


def lineitem(r, rows, scratch):
    """TPC-H's own rows where its generator is installed, rows like them otherwise."""
    beside = os.path.join(os.path.dirname(sys.executable), "tpchgen-cli")
    program = beside if os.path.exists(beside) else shutil.which("tpchgen-cli")
    if not program:
        print("lineitem: tpchgen-cli is missing, so these are not TPC-H's rows", file=sys.stderr)
        return pa.concat_tables(blocks(int(r.integers(1 << 30)), 0, rows))
    subprocess.run(
        [program, "parquet", "--scale-factor", "%.4f" % (rows / 6_000_000), "--tables=lineitem", "--output-dir", scratch],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = os.path.join(scratch, "lineitem.parquet")
    table = pq.read_table(path)
    os.remove(path)
    plain = [(f.name, pa.string() if pa.types.is_string_view(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(plain)).replace_schema_metadata(None)


def hits(r, rows):
    """A web log of 105 columns, nearly all of them small numbers or mostly empty strings."""
    seen = np.sort(r.integers(0, 30 * 86_400, rows)) + 1_372_636_800
    visitors = r.integers(0, 1 << 62, rows // 5 + 1)
    columns = {
        "watch": r.integers(0, 1 << 62, rows), "title": words(r, rows, 3, 9), "seen": _stamps(seen * 10**6, "us"),
        "day": pa.array((seen // 86_400).astype(np.int32)).view(pa.date32()),
        "visitor": visitors[_ranks(r, rows, 1.2, len(visitors))],
        "counter": _ranks(r, rows, 1.4, 6500).astype(np.int32), "region": _ranks(r, rows, 1.3, 5000).astype(np.int32),
        "client": r.integers(0, 1 << 31, rows).astype(np.int32), "remote": r.integers(0, 1 << 31, rows).astype(np.int32),
        "address": _addresses(r, rows), "referrer": _some(r, _addresses(r, rows), 0.55, ""),
        "phrase": _some(r, words(r, rows, 2, 5), 0.13, ""),
    }
    for i in range(61):
        columns["small_%d" % i] = _ranks(r, rows, 1.5 + 0.03 * i, (2, 4, 20, 200, 3000)[i % 5]).astype(np.int16)
    for i in range(20):
        sparse = r.integers(0, 10 ** (1 + i % 8), rows) * (r.random(rows) < 0.4)
        columns["number_%d" % i] = sparse.astype(np.int32)
    for i in range(5):
        columns["hash_%d" % i] = r.integers(-(1 << 62), 1 << 62, rows)
    for i in range(7):
        columns["label_%d" % i] = _some(r, words(r, rows, 1, 2), 0.04, "")
    assert len(columns) == 105
    return pa.table(columns)


def taxi(r, rows):
    """Trips: timestamps, small codes with a few nulls, and amounts in doubles."""
    pickup = np.sort(r.integers(0, 31 * 86_400, rows)) + 1_704_067_200
    miles = np.round(r.gamma(1.4, 2.2, rows), 2)
    fare = np.round(3 + 2.8 * miles + np.maximum(r.normal(0, 2, rows), -2), 1)
    tip = np.round(fare * r.choice([0, 0.15, 0.18, 0.2, 0.25], rows, p=[0.36, 0.16, 0.16, 0.16, 0.16]), 2)
    unknown = r.random(rows) < 0.05

    def code(choices, weights):
        return pa.array(r.choice(choices, rows, p=weights), mask=unknown)

    return pa.table({
        "vendor": r.integers(1, 3, rows).astype(np.int32), "pickup": _stamps(pickup * 10**6, "us"),
        "dropoff": _stamps((pickup + (200 * miles).astype(np.int64) + r.integers(60, 900, rows)) * 10**6, "us"),
        "passengers": code(np.arange(7), [0.01, 0.72, 0.15, 0.04, 0.03, 0.03, 0.02]), "miles": miles,
        "rate": code([1, 2, 5, 99], [0.94, 0.04, 0.015, 0.005]),
        "forwarded": pa.array(["N", "Y"]).take(pa.array((r.random(rows) < 0.005).astype(np.int32))),
        "from_zone": _ranks(r, rows, 1.2, 265).astype(np.int32), "to_zone": _ranks(r, rows, 1.15, 265).astype(np.int32),
        "payment": r.choice([1, 2, 3, 4], rows, p=[0.78, 0.19, 0.02, 0.01]), "fare": fare,
        "extra": r.choice([0, 1, 2.5, 5], rows), "tax": np.full(rows, 0.5), "tip": tip,
        "tolls": np.where(r.random(rows) < 0.08, 6.94, 0.0), "fee": np.ones(rows), "total": np.round(fare + tip + 4, 2),
        "congestion": code([0.0, 2.5], [0.1, 0.9]), "airport": code([0.0, 1.75], [0.92, 0.08]),
        "latitude": 40.75 + r.normal(0, 0.05, rows), "longitude": -73.97 + r.normal(0, 0.05, rows),
    })


def strings(r, rows):
    """Identifiers, long and short texts, addresses, names from a small set."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)[r.integers(0, 16, rows * 32, dtype=np.uint8)]
    starts = np.arange(rows + 1, dtype=np.int32) * 32
    mail = pc.binary_join_element_wise(words(r, rows, 1, 1), words(r, rows, 1, 1), ".")
    return pa.table({
        "identifier": pa.StringArray.from_buffers(rows, pa.py_buffer(starts), pa.py_buffer(digits)),
        "text": words(r, rows, 8, 30), "address": _addresses(r, rows),
        "city": _one_of(r, rows, ["city of %s" % n for n in words(r, 900, 1, 1).to_pylist()], 1.2),
        "note": _some(r, words(r, rows, 1, 3), 0.7, pa.scalar(None, pa.string())),
        "mail": pc.binary_join_element_wise(mail, "mail.example", "@"),
    })


def _lists(r, rows, most, elements):
    """Lists of 0 to most elements, every twentieth of them null."""
    null = r.random(rows) < 0.05
    counts = np.where(null, 0, r.integers(0, most + 1, rows))
    ends = np.append(0, np.cumsum(counts)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends, mask=np.append(null, False)), elements(int(ends[-1])))


def nested(r, rows):
    """Lists, lists of structures, maps, structures in structures, vectors."""
    def numbers(count):
        return pa.array(r.integers(0, 1000, count), mask=r.random(count) < 0.1)

    def items(count):
        fields = [pa.array(r.integers(0, 10**6, count)), words(r, count, 1, 2), pa.array(r.normal(0, 1, count))]
        return pa.StructArray.from_arrays(fields, ["article", "name", "price"])

    tags = np.append(0, np.cumsum(r.integers(0, 4, rows))).astype(np.int32)
    # A map's keys differ from each other: 67 steps of 200 apart from one entry to the next.
    place = np.arange(tags[-1]) - np.repeat(tags[:-1], np.diff(tags))
    first = np.repeat(_ranks(r, rows, 1.1, 200), np.diff(tags))
    keys = pa.array(["tag-%d" % n for n in range(200)]).take(pa.array((first + 67 * place) % 200))
    inner = pa.StructArray.from_arrays([numbers(rows), words(r, rows, 1, 3)], ["number", "words"])
    return pa.table({
        "id": np.arange(rows), "numbers": _lists(r, rows, 8, numbers), "items": _lists(r, rows, 5, items),
        "tags": pa.MapArray.from_arrays(pa.array(tags), keys, pa.array(r.integers(0, 10**6, len(keys)))),
        "pair": pa.StructArray.from_arrays([inner, pa.array(r.normal(0, 1, rows))], ["inner", "weight"]),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(r.normal(0, 1, rows * 8).astype(np.float32)), 8),
    })


def nulls(r, rows, share):
    """Four columns of which this share is null, anywhere."""
    def some(column):
        return _some(r, column, 1 - share, pa.scalar(None, column.type))

    names = ["name-%d" % n for n in range(1000)]
    return pa.table({
        "integer": some(pa.array(r.integers(-(1 << 62), 1 << 62, rows))), "double": some(pa.array(r.normal(0, 1, rows))),
        "short": some(words(r, rows, 1, 2)), "name": some(_one_of(r, rows, names, 1.1)),
    })


def decimals(r, rows):
    """Decimals of several precisions, one with few values."""
    def column(precision, scale, whole, high=None):
        halves = np.stack([whole, whole >> 63 if high is None else high], axis=1)
        return pa.Array.from_buffers(pa.decimal128(precision, scale), rows, [None, pa.py_buffer(halves)])

    wide = r.integers(-(1 << 60), 1 << 60, rows)
    return pa.table({
        "rate": column(9, 2, r.integers(0, 500, rows)), "price": column(9, 2, r.integers(-(10**8), 10**8, rows)),
        "amount": column(15, 2, r.integers(-(10**14), 10**14, rows)), "balance": column(18, 4, r.integers(-(10**17), 10**17, rows)),
        "huge": column(38, 10, wide, r.integers(-(1 << 60), 1 << 60, rows)),
    })


def booleans(r, rows):
    """Even, rare, long runs (see the encodings in shapes.py), and one with nulls."""
    even = r.random(rows) < 0.5
    return pa.table({
        "even": even, "rare": r.random(rows) < 0.01, "runs": np.repeat(r.random(rows // 500 + 1) < 0.5, 500)[:rows],
        "maybe": pa.array(r.random(rows) < 0.3, mask=r.random(rows) < 0.1),
    })


def timestamps(r, rows):
    """Every unit that files keep, rising or anywhere, one with nulls."""
    second = np.sort(r.integers(0, 10 * 365 * 86_400, rows)) + 1_400_000_000
    return pa.table({
        "milli": _stamps(second * 10**3 + r.integers(0, 10**3, rows), "ms"),
        "micro": _stamps(second * 10**6 + r.integers(0, 10**6, rows), "us"),
        "zoned": _stamps(r.permutation(second) * 10**6, "us", "UTC"),
        "nano": _stamps(second * 10**9 + r.integers(0, 10**9, rows), "ns"),
        "hour": _stamps(second // 3600 * 3600 * 10**6, "us"),
        "maybe": _some(r, _stamps(second * 10**6, "us"), 0.9, pa.scalar(None, pa.timestamp("us"))),
    })

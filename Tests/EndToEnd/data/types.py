"""A table with every type in scope, required and optional, under many patterns of nulls."""
import decimal

import numpy as np
import pyarrow as pa

PATTERNS = {
    "no_nulls": lambda r, n: np.zeros(n, bool),
    "all_null": lambda r, n: np.ones(n, bool),
    "first_half": lambda r, n: np.arange(n) < n // 2,
    "alternating": lambda r, n: np.arange(n) % 2 == 0,
    "one_percent": lambda r, n: r.random(n) < 0.01,
    "half": lambda r, n: r.random(n) < 0.5,
    "most": lambda r, n: r.random(n) < 0.99,
    "long_runs": lambda r, n: np.repeat(r.random(n // 777 + 1) < 0.5, 777)[:n],
    "last_only": lambda r, n: np.arange(n) == n - 1,
    "first_only": lambda r, n: np.arange(n) == 0,
    "by_eights": lambda r, n: (np.arange(n) // 8) % 2 == 1,
}


def integers(bits, signed):
    dtype = np.dtype("%sint%d" % ("" if signed else "u", bits))
    limits = np.iinfo(dtype)

    def make(r, n):
        values = r.integers(limits.min, limits.max, n, dtype=dtype, endpoint=True)
        values[:2] = (limits.min, limits.max)[:len(values[:2])]
        return values
    return make


def floats(dtype):
    def make(r, n):
        values = (r.normal(0, 1000, n)).astype(dtype)
        odd = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, np.finfo(dtype).tiny, np.finfo(dtype).max], dtype)
        values[:len(odd)] = odd[:len(values)]
        return values
    return make


def within(low, high, dtype):
    return lambda r, n: r.integers(low, high, n).astype(dtype)


def decimals(precision, scale):
    def make(r, n):
        top = 10 ** precision - 1
        whole = [int.from_bytes(r.bytes(33), "big", signed=True) % (2 * top + 1) - top for _ in range(n)]
        whole[:3] = [top, -top, 0][:len(whole)]
        with decimal.localcontext(decimal.Context(prec=90)):
            return [decimal.Decimal(w).scaleb(-scale) for w in whole]
    return make


def octets(low, high):
    return lambda r, n: [r.bytes(int(k)) for k in r.integers(low, high + 1, n)]


def strings(r, n):
    texts = ["", "a", "naïve", "日本語テキスト", "🙂🙃", "x" * 300, "line\nbreak", "nul\0inside"]
    return [texts[i] if i < len(texts) else "value-%d" % i for i in r.integers(0, 400, n)]


_DAY = 86_400
_FIELDS = {
    "bool": (pa.bool_(), lambda r, n: r.random(n) < 0.5),
    "bool_runs": (pa.bool_(), lambda r, n: np.repeat(r.random(n // 501 + 1) < 0.5, 501)[:n]),
    "int8": (pa.int8(), integers(8, True)), "int16": (pa.int16(), integers(16, True)),
    "int32": (pa.int32(), integers(32, True)), "int64": (pa.int64(), integers(64, True)),
    "uint8": (pa.uint8(), integers(8, False)), "uint16": (pa.uint16(), integers(16, False)),
    "uint32": (pa.uint32(), integers(32, False)), "uint64": (pa.uint64(), integers(64, False)),
    "int64_few": (pa.int64(), within(0, 3, np.int64)),
    "float": (pa.float32(), floats(np.float32)), "double": (pa.float64(), floats(np.float64)),
    "date": (pa.date32(), within(-100_000, 100_000, np.int32)),
    "time_ms": (pa.time32("ms"), within(0, _DAY * 10**3, np.int32)),
    "time_us": (pa.time64("us"), within(0, _DAY * 10**6, np.int64)),
    "time_ns": (pa.time64("ns"), within(0, _DAY * 10**9, np.int64)),
    "ts_s": (pa.timestamp("s"), within(-10**9, 4 * 10**9, np.int64)),
    **{"ts_%s%s" % (u, "_utc" if z else ""): (pa.timestamp(u, z), within(-10**18 // k, 4 * 10**18 // k, np.int64))
       for u, k in (("ms", 10**6), ("us", 10**3), ("ns", 1)) for z in (None, "UTC")},
    **{"decimal_%d_%d" % (p, s): (pa.decimal128(p, s), decimals(p, s))
       for p, s in ((1, 0), (4, 2), (9, 9), (10, 3), (15, 2), (18, 0), (19, 4), (28, 10), (38, 0), (38, 38))},
    "string": (pa.string(), strings), "string_unique": (pa.string(), lambda r, n: ["%s-%d" % (r.bytes(6).hex(), i) for i in range(n)]),
    "binary": (pa.binary(), octets(0, 40)),
    "fixed_1": (pa.binary(1), octets(1, 1)), "fixed_7": (pa.binary(7), octets(7, 7)), "fixed_16": (pa.binary(16), octets(16, 16)),
}
_FLOAT16 = {"float16": (pa.float16(), floats(np.float16))}
_UUID = {"uuid": (pa.uuid(), octets(16, 16))}


def _column(kind, make, r, rows, mask):
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    array = pa.array(make(r, rows), mask=mask) if mask is not None else pa.array(make(r, rows))
    temporal = pa.types.is_temporal(storage)
    if temporal:
        array = array.cast(pa.int32() if storage.bit_width == 32 else pa.int64()).view(storage)
    elif array.type != storage:
        array = array.cast(storage)
    return kind.wrap_array(array) if storage is not kind else array


def table(seed, rows, float16=True, uuid=True):
    """Required and optional columns of each type; the optional ones walk through PATTERNS, int64 and string take all."""
    r = np.random.default_rng([seed, rows])
    kinds = {**_FIELDS, **(_FLOAT16 if float16 else {}), **(_UUID if uuid else {})}
    fields, columns = [], []

    def add(name, kind, make, mask):
        fields.append(pa.field(name, kind, nullable=mask is not None))
        columns.append(_column(kind, make, r, rows, mask))

    names = list(PATTERNS)
    for i, (name, (kind, make)) in enumerate(kinds.items()):
        add("req_" + name, kind, make, None)
        add("opt_" + name, kind, make, PATTERNS["half"](r, rows))
        pattern = names[i % len(names)]
        add("opt_%s_%s" % (name, pattern), kind, make, PATTERNS[pattern](r, rows))
    for name in ("int64", "string", "bool", "int64_few"):
        kind, make = kinds[name]
        for pattern in names:
            add("all_%s_%s" % (name, pattern), kind, make, PATTERNS[pattern](r, rows))
    return pa.table(columns, schema=pa.schema(fields))


def int96_table(seed, rows):
    """Nanosecond timestamps within what INT96 readers agree on."""
    r = np.random.default_rng([seed, rows, 96])
    values = r.integers(-10**18, 4 * 10**18, rows)
    return pa.table({
        "req": pa.array(values).view(pa.timestamp("ns")),
        "opt": pa.array(values, mask=r.random(rows) < 0.3).view(pa.timestamp("ns")),
    }, schema=pa.schema([pa.field("req", pa.timestamp("ns"), nullable=False), pa.field("opt", pa.timestamp("ns"))]))

"""Seeded arrays of any Arrow type a Parquet writer takes: nulls and empties at every level, and the edges of each type."""
import dataclasses

import numpy as np
import pyarrow as pa

from data import types
from support.tables import list_layout, plain_type

_T = pa.types
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_LIST_MAKERS = {
    "list": pa.ListArray, "large_list": pa.LargeListArray, "list_view": pa.ListViewArray, "large_list_view": pa.LargeListViewArray}
# Seconds that every unit, INT96 and every reader can hold: 1700 to 2200.
_EARLIEST, _LATEST = -8_520_336_000, 7_258_118_400
_DAY = 86_400
FEW = 5


def _raw(r, kind, n):
    """Values of a leaf type without nulls: what pa.array takes, and the type to hand it over as."""
    if _T.is_boolean(kind):
        return r.random(n) < 0.5, kind
    if _T.is_integer(kind):
        return types.integers(kind.bit_width, _T.is_signed_integer(kind))(r, n), kind
    if _T.is_floating(kind):
        return types.floats(np.dtype(kind.to_pandas_dtype()))(r, n), kind
    if _T.is_decimal(kind):
        return types.decimals(kind.precision, kind.scale)(r, n), kind
    if _T.is_date32(kind):
        return types.within(-100_000, 100_000, np.int32)(r, n), pa.int32()
    if _T.is_date64(kind):
        return r.integers(-100_000, 100_000, n) * _DAY * 1000, pa.int64()
    if _T.is_time(kind):
        return r.integers(0, _DAY * _UNITS[kind.unit], n), pa.int32() if kind.bit_width == 32 else pa.int64()
    if _T.is_timestamp(kind) or _T.is_duration(kind):
        return r.integers(_EARLIEST * _UNITS[kind.unit], _LATEST * _UNITS[kind.unit], n), pa.int64()
    if _T.is_fixed_size_binary(kind):
        return types.octets(kind.byte_width, kind.byte_width)(r, n), kind
    if _T.is_string(kind) or _T.is_large_string(kind) or _T.is_string_view(kind):
        return types.strings(r, n), kind
    return types.octets(0, 40)(r, n), kind


@dataclasses.dataclass(frozen=True)
class Style:
    """The share of nulls at each level that may have them, whether to draw from five values only, whether maps repeat a
    key, whether integers stay so far from the edges that their differences fit the type."""
    nulls: float = 0.2
    few: bool = False
    repeats_keys: bool = True
    narrow: bool = False


def _leaf(r, kind, n, mask, style):
    values, as_kind = _raw(r, kind, FEW if style.few else n)
    if style.few:
        drawn = r.integers(0, FEW, n)
        values = values[drawn] if isinstance(values, np.ndarray) else [values[i] for i in drawn]
    if style.narrow and _T.is_integer(kind):
        values //= 4
    array = pa.array(values, as_kind, mask=mask)
    return array if as_kind == kind else array.view(kind)


def _lengths(r, mask, longest=4):
    """Lengths of lists: a third are empty, and those that are null."""
    return np.where(mask | (r.random(len(mask)) < 0.33), 0, r.integers(0, longest + 1, len(mask)))


def _children(r, field, n, style):
    return array(r, field.type, n, style if field.nullable else dataclasses.replace(style, nulls=0))


def _list(r, kind, mask, style):
    lengths = _lengths(r, mask)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    layout = list_layout(kind)
    width = pa.int64() if layout.startswith("large") else pa.int32()
    values = _children(r, kind.value_field, int(offsets[-1]), style)
    places = [pa.array(offsets[:-1], width), pa.array(lengths, width)] if layout.endswith("view") else [pa.array(offsets, width)]
    return _LIST_MAKERS[layout].from_arrays(*places, values, kind, mask=pa.array(mask))


def _keys(r, kind, n, style):
    if style.repeats_keys or _T.is_struct(kind):
        return array(r, kind, n, dataclasses.replace(style, nulls=0))
    return pa.array(r.permutation(n)).cast(kind)


def _map(r, kind, mask, style):
    offsets = np.concatenate([[0], np.cumsum(_lengths(r, mask))])
    count = int(offsets[-1])
    starts = pa.array(offsets, pa.int32(), mask=np.append(mask, False))
    return pa.MapArray.from_arrays(starts, _keys(r, kind.key_type, count, style), _children(r, kind.item_field, count, style), kind)


def array(r, kind, n, style=Style()):
    """An array of `n` values of any type."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.wrap_array(array(r, plain_type(kind), n, style))
    mask = r.random(n) < style.nulls
    if _T.is_null(kind):
        return pa.nulls(n)
    if _T.is_dictionary(kind):
        values = array(r, kind.value_type, FEW, Style(0))
        return pa.DictionaryArray.from_arrays(pa.array(r.integers(0, FEW, n), kind.index_type, mask=mask), values)
    if _T.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return pa.StructArray.from_arrays([_children(r, f, n, style) for f in fields], fields=fields, mask=pa.array(mask))
    if _T.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(_children(r, kind.value_field, n * kind.list_size, style), type=kind, mask=pa.array(mask))
    if _T.is_map(kind):
        return _map(r, kind, mask, style)
    return _list(r, kind, mask, style) if list_layout(kind) else _leaf(r, kind, n, mask, style)


def table(seed, fields, rows, **style):
    """A table of the given fields; a field that is not nullable gets no nulls."""
    r = np.random.default_rng(seed)
    fields = [f if isinstance(f, pa.Field) else pa.field(*f) for f in fields]
    return pa.table([_children(r, f, rows, Style(**style)) for f in fields], schema=pa.schema(fields))

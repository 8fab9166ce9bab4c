"""Equal tables, value for value: NaN equals NaN whatever its payload, -0 and 0 differ, names and nullability count at every level."""
import pyarrow as pa
import pyarrow.compute as pc

from support import wire

_T = pa.types
_OLD_INTERVALS = {"day_time_interval": pa.int64(), "month_interval": pa.int32()}
_FLOATS = {pa.float16(): (pa.int16(), 0x7C00), pa.float32(): (pa.int32(), 0x7F80_0000), pa.float64(): (pa.int64(), 0x7FF << 52)}
_LISTS = ((_T.is_list, "list"), (_T.is_large_list, "large_list"), (_T.is_list_view, "list_view"), (_T.is_large_list_view, "large_list_view"))
LIST_TYPES = {"list": pa.list_, "large_list": pa.large_list, "list_view": pa.list_view, "large_list_view": pa.large_list_view}
_OUT_OF_RANGE = ("not within the acceptable range", "does not fit in precision", "does not represent a whole number of days")


def table_of(messages):
    """The table in the messages of a DoGet: IPC, each message framed as in a stream."""
    stream = bytearray()
    for message in messages:
        parts = wire.fields(message)
        header, body = parts[wire.DATA_HEADER][0], parts.get(wire.DATA_BODY, [b""])[0]
        padded = header + b"\0" * (-len(header) % 8)
        stream += b"\xff\xff\xff\xff" + len(padded).to_bytes(4, "little") + padded + body
    stream += b"\xff\xff\xff\xff\0\0\0\0"
    return pa.ipc.open_stream(bytes(stream)).read_all()


# ---- types ----------------------------------------------------------------

def plain_type(kind):
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def list_layout(kind):
    """The name of the layout of a list of variable length; None for all else."""
    return next((name for test, name in _LISTS if test(kind)), None)


def rebuilt(kind, change):
    """The type with every leaf changed; extension types become their storage."""
    def part(field):
        return pa.field(field.name, rebuilt(field.type, change), field.nullable)
    kind = plain_type(kind)
    if _T.is_struct(kind):
        return pa.struct([part(kind.field(i)) for i in range(kind.num_fields)])
    if _T.is_map(kind):
        return pa.map_(part(kind.key_field), part(kind.item_field))
    if _T.is_fixed_size_list(kind):
        return pa.list_(part(kind.value_field), kind.list_size)
    layout = list_layout(kind)
    return LIST_TYPES[layout](part(kind.value_field)) if layout else change(kind)


def _field_text(field):
    return "%s: %s%s" % (field.name, type_text(field.type), "" if field.nullable else " not null")


def type_text(kind):
    """A type with the names and nullability of all its parts; extension types are their storage."""
    kind = plain_type(kind)
    if _T.is_dictionary(kind):
        return "dictionary<%s, %s>" % (kind.index_type, type_text(kind.value_type))
    if _T.is_map(kind):
        return "map<%s, %s>" % (_field_text(kind.key_field), _field_text(kind.item_field))
    if _T.is_fixed_size_list(kind):
        return "fixed_size_list<%s>[%d]" % (_field_text(kind.value_field), kind.list_size)
    if _T.is_struct(kind):
        return "struct<%s>" % ", ".join(_field_text(kind.field(i)) for i in range(kind.num_fields))
    layout = list_layout(kind)
    return "%s<%s>" % (layout, _field_text(kind.value_field)) if layout else str(kind)


# ---- values ---------------------------------------------------------------

def _folded(array):
    """Floats as their bits, every NaN with the same ones."""
    bits, infinity = _FLOATS[array.type]
    raw = array.view(bits)
    magnitude = pc.bit_wise_and(raw, pa.scalar(2 ** (bits.bit_width - 1) - 1, bits))
    return pc.if_else(pc.greater(magnitude, pa.scalar(infinity, bits)), pa.scalar(infinity + 1, bits), raw)


def _day_times(array):
    """Intervals as the bits of days and milliseconds, which is all that remains of them in Arrow's DayTime."""
    whole = [None if v is None else v.days & 0xFFFF_FFFF | v.nanoseconds // 10**6 << 32 for v in array.to_pylist()]
    return pa.array(whole, pa.int64())


def leaves(array):
    """What makes up an array's values, without what nulls hide: validity and lengths at every level, and the leaves."""
    kind = array.type
    if _T.is_dictionary(kind):
        yield from leaves(array.dictionary.take(array.indices))
    elif _T.is_struct(kind):
        yield array.is_valid()
        for part in array.flatten():
            yield from leaves(part)
    elif _T.is_map(kind):
        entries = pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])
        # Adding nothing makes offsets of their own, which may start within the keys but not within a buffer.
        yield from leaves(pa.ListArray.from_arrays(pc.add(array.offsets, 0), entries, mask=array.is_null()))
    elif _T.is_fixed_size_list(kind) or list_layout(kind):
        yield array.is_valid()
        yield pc.list_value_length(array).drop_null().cast(pa.int64())
        yield from leaves(array.flatten())
    else:
        yield array


def _comparable(leaf, like=None):
    if _T.is_interval(leaf.type):
        leaf = _day_times(leaf)
    if like is not None and leaf.type != like.type:
        leaf = leaf.cast(like.type)
    return _folded(leaf) if leaf.type in _FLOATS else leaf


def _one_array(column):
    return pa.concat_arrays(column.chunks) if column.num_chunks > 1 else column.chunk(0)


def same_values(want, got):
    """Whether two bare arrays mean the same; `want` may be of another type that holds the same values."""
    wanted, gotten = list(leaves(want)), list(leaves(got))
    return len(wanted) == len(gotten) and all(
        len(w) == len(g) and _comparable(w, g).equals(_comparable(g)) for w, g in zip(wanted, gotten))


def _first_difference(name, want, got):
    low, high = 0, len(want)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if same_values(want[low:middle], got[low:middle]) else (low, middle)
    texts = [repr(a.slice(low, 1).to_pylist())[:200] for a in (got, want)]
    return "%s: row %d is %s, should be %s" % (name, low, *texts)


def _bare(table):
    """The same memory without extension types, and with integers for two kinds of intervals that pyarrow has no arrays for."""
    kinds = [rebuilt(f.type, lambda leaf: _OLD_INTERVALS.get(str(leaf), leaf)) for f in table.schema]
    schema = pa.schema([pa.field(f.name, k, f.nullable) for f, k in zip(table.schema, kinds)])
    batches = [pa.RecordBatch._import_from_c_capsule(schema.__arrow_c_schema__(), b.__arrow_c_array__()[1]) for b in table.to_batches()]
    return pa.Table.from_batches(batches, schema)


def invalid_data(table):
    """What is wrong with the buffers of a table. Values out of their range are not: they are sent as the file holds them."""
    try:
        _bare(table).validate(full=True)
    except pa.ArrowInvalid as problem:
        return None if any(words in str(problem) for words in _OUT_OF_RANGE) else str(problem)


def differences(want, got, schema=None):
    """What is wrong with `got`, as a list of sentences; empty when the tables are equal.

    `schema` is what `got` must have when that is not the schema of `want`."""
    schema = schema or want.schema
    if schema.names != got.schema.names:
        return ["columns are %s, should be %s" % (got.schema.names, schema.names)]
    found = []
    for w, g in zip(schema, got.schema):
        if type_text(w.type) != type_text(g.type):
            found.append("%s: type is %s, should be %s" % (w.name, type_text(g.type), type_text(w.type)))
        elif w.nullable != g.nullable:
            found.append("%s: nullable is %s, should be %s" % (w.name, g.nullable, w.nullable))
    if want.num_rows != got.num_rows:
        found.append("%d rows, should be %d" % (got.num_rows, want.num_rows))
    if found:
        return found
    got, want = _bare(got), _bare(want)
    invalid = invalid_data(got)
    if invalid:
        return ["invalid Arrow data: %s" % invalid]
    for i, name in enumerate(schema.names if want.num_rows else ()):
        w, g = _one_array(want.column(i)), _one_array(got.column(i))
        if not same_values(w, g):
            found.append(_first_difference(name, w, g))
    return found


def assert_same(want, got, schema=None):
    wrong = differences(want, got, schema)
    assert not wrong, "\n".join(wrong[:10])

"""Equal tables, value for value."""
import pyarrow as pa


def plain_type(kind):
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def plain(table):
    """Extension types as their storage; no metadata."""
    columns = []
    for column in table.columns:
        if isinstance(column.type, pa.BaseExtensionType):
            column = pa.chunked_array([c.storage for c in column.chunks], column.type.storage_type)
        columns.append(column)
    names = [pa.field(f.name, plain_type(f.type), f.nullable) for f in table.schema]
    return pa.table(columns, schema=pa.schema(names))


def _bits(column):
    """Floats as their bits, so that NaN equals NaN and -0 does not equal 0."""
    kinds = {pa.float16(): pa.int16(), pa.float32(): pa.int32(), pa.float64(): pa.int64()}
    kind = kinds.get(column.type)
    return column if kind is None else pa.chunked_array([c.view(kind) for c in column.chunks], kind)


def _first_difference(name, want, got):
    step = 65_536
    for start in range(0, len(want), step):
        w, g = want.slice(start, step), got.slice(start, step)
        if not w.equals(g):
            for i, (a, b) in enumerate(zip(w, g)):
                if not a.equals(b):
                    return "%s: row %d is %s, should be %s" % (name, start + i, b, a)
    return "%s: differs" % name


def differences(want, got):
    """What is wrong with `got`, as a list of sentences; empty when the tables are equal."""
    want, got = plain(want), plain(got)
    if want.schema.names != got.schema.names:
        return ["columns are %s, should be %s" % (got.schema.names, want.schema.names)]
    found = []
    for w, g in zip(want.schema, got.schema):
        if w.type != g.type:
            found.append("%s: type is %s, should be %s" % (w.name, g.type, w.type))
        elif w.nullable != g.nullable:
            found.append("%s: nullable is %s, should be %s" % (w.name, g.nullable, w.nullable))
    if want.num_rows != got.num_rows:
        found.append("%d rows, should be %d" % (got.num_rows, want.num_rows))
    if found:
        return found
    try:
        got.validate(full=True)
    except pa.ArrowInvalid as problem:
        return ["invalid Arrow data: %s" % problem]
    for i, name in enumerate(want.schema.names):
        w, g = _bits(want.column(i)), _bits(got.column(i))
        if not w.equals(g):
            found.append(_first_difference(name, w, g))
    return found


def assert_same(want, got):
    wrong = differences(want, got)
    assert not wrong, "\n".join(wrong[:10])

"""Random files of three writers, read by the worker, by arrow-rs and by pyarrow: all have to agree.

Worker and arrow-rs agree on everything. pyarrow's types differ where `RULES` says so, and nowhere else; the values must
be the same under every rule. A failure names writer and seed: `pytest --full -k "differential and pyarrow-17"` repeats it.
"""
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import random_files
from support import arrow_rs
from support.tables import LIST_TYPES, assert_same, differences, list_layout, plain_type, type_text

_T = pa.types
FILES, FULL_FILES = 60, 1000
# Required dictionary values below nothing but nulls: the worker sends index 0 of no entries.
DEFECTS = {("pyarrow", 325), ("pyarrow", 646)}


def _is_large(kind):
    return _T.is_large_string(kind) or _T.is_large_binary(kind)


# name: (why, whether arrow-rs' type and pyarrow's differ for this reason)
RULES = {
    "date64": ("Arrow C++ takes no stored date64 for a DATE",
               lambda ours, theirs: _T.is_date64(ours) and _T.is_date32(theirs)),
    "zone": ("Arrow C++ takes a stored zone whatever the unit beside it; arrow-rs wants the unit of the file",
             lambda ours, theirs: _T.is_timestamp(ours) and _T.is_timestamp(theirs)
             and ours.unit == theirs.unit and ours.tz == "UTC" and theirs.tz),
}
# name: (why, what pyarrow says, what the columns' types must hold). The worker is held against arrow-rs alone then.
UNREADABLE = {
    "fixed below null": ("Arrow C++ finds no place for required fixed-size lists below what is null or empty",
                         ("Expected all lists to be of size=", "Struct child array", "List child array invalid"), ("fixed_size_list",)),
    "lost rows": ("Arrow C++ loses rows of lists when a page without values follows them, as it writes it itself for pages of one octet",
                  ("Column ", "Struct child array", "fewer rows"), ("list<", "map<")),
    "nested dictionaries": ("Arrow C++ cannot put together the dictionaries of several row groups below a list or struct",
                            ("Nested data conversions",), ("dictionary<",)),
}


def _read_by_pyarrow(path):
    file = pq.ParquetFile(path)
    table = file.read()
    if table.num_rows != file.metadata.num_rows:
        raise pa.ArrowInvalid("fewer rows than the footer says")
    return table


def _is_known(problem, schema):
    types = " ".join(type_text(f.type) for f in schema)
    return any(str(problem).startswith(says) and any(w in types for w in words) for _, says, words in UNREADABLE.values())


def _parts(kind):
    if _T.is_struct(kind):
        return [kind.field(i) for i in range(kind.num_fields)]
    if _T.is_map(kind):
        return [kind.key_field, kind.item_field]
    return [kind.value_field] if list_layout(kind) or _T.is_fixed_size_list(kind) else []


def _agreed(ours, theirs, used):
    """`theirs` with `ours` in each place where a rule explains the difference."""
    ours, theirs = plain_type(ours), plain_type(theirs)
    for name, (_, explains) in RULES.items():
        if explains(ours, theirs):
            used.add(name)
            return ours
    mine, others = _parts(ours), _parts(theirs)
    if len(mine) != len(others) or not mine:
        return theirs
    fields = [pa.field(t.name, _agreed(o.type, t.type, used), t.nullable) for o, t in zip(mine, others)]
    if _T.is_struct(theirs):
        return pa.struct(fields)
    if _T.is_map(theirs):
        return pa.map_(fields[0], fields[1])
    if _T.is_fixed_size_list(theirs):
        return pa.list_(fields[0], theirs.list_size)
    return LIST_TYPES[list_layout(theirs)](fields[0])


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        count = FULL_FILES if metafunc.config.getoption("--full") else FILES
        broken = pytest.mark.xfail(reason="a dictionary of no entries", strict=True, raises=AssertionError)
        metafunc.parametrize("writer,seed", [
            pytest.param(w, s, marks=[broken] if (w, s) in DEFECTS else []) for w in random_files.WRITERS for s in range(count)])


def test_three_readers_agree(shelf, writer, seed):
    name = "random-%s-%d.parquet" % (writer, seed)
    path = shelf.path(name)
    random_files.write(writer, seed, path)
    got = shelf.table(name)
    reference = arrow_rs.read(path)
    assert_same(reference, got)
    # Field ids, and what a stored schema says about its fields.
    assert got.schema.remove_metadata().equals(reference.schema.remove_metadata(), check_metadata=True)
    try:
        theirs = _read_by_pyarrow(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
        assert _is_known(problem, got.schema), problem
        return
    used = set()
    agreed = pa.schema([pa.field(t.name, _agreed(o.type, t.type, used), t.nullable) for o, t in zip(got.schema, theirs.schema)])
    wrong = differences(theirs, got, agreed)
    assert not wrong, "pyarrow, rules used: %s\n%s" % (sorted(used), "\n".join(wrong[:10]))

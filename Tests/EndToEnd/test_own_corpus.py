"""The project's own corpus through the worker: every file whole and by each of its columns, strictly."""
import collections
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import corpus, corpus_duckdb, corpus_polars
from support import arrow_rs
from support.tables import assert_same, table_of

CASES = {case.name: case for part in (corpus, corpus_duckdb, corpus_polars) for case in part.cases()}
WITH_DICTIONARIES = [name for name in CASES if name.startswith(("dictionaries-", "hints-", "polars-types"))]
# Defects of a worker that keeps dictionaries: large strings end it, for it reads their offsets as if they had four octets;
# and required values below nothing but nulls are sent as index 0 of no entries, which arrow-rs does not take.
BROKEN_DICTIONARIES = ["dictionary-below-nulls-v1", "dictionary-below-nulls-v2",
                       "dictionaries-stored-v1", "dictionaries-stored-v2", "polars-types", "polars-types-few",
                       "polars-types-small-pages", "polars-no-nulls", "polars-full-statistics"]


def _params():
    broken = pytest.mark.xfail(reason="dictionaries of large strings, or of no entries", strict=True, raises=AssertionError)
    return [pytest.param(name, marks=[broken] if name in BROKEN_DICTIONARIES else []) for name in CASES]


@pytest.fixture
def case(request, shelf):
    """A case whose file is on the shelf."""
    made = CASES[request.param]
    path = shelf.path(made.name + ".parquet")
    if not os.path.exists(path):
        made.make(path)
    return made


def _unique(schema):
    """The columns that a ticket can name."""
    count = collections.Counter(schema.names)
    return [n for n in schema.names if count[n] == 1]


@pytest.mark.parametrize("case", _params(), indirect=True)
def test_reads(shelf, case):
    table, schema = case.expected()
    name = case.name + ".parquet"
    if case.fate != "OK":
        answer = shelf.get(name)
        assert answer.code.name == case.fate and case.says in answer.details, answer
        return
    assert_same(table, shelf.table(name), schema)
    unique = _unique(schema)
    for column in unique[::max(len(unique) // 100, 1)]:
        one = pa.schema([schema.field(column)])
        assert_same(table.select([column]), shelf.table(name, [column]), one)


@pytest.mark.parametrize("case", WITH_DICTIONARIES, indirect=True)
def test_dictionaries_arrive_plain_unless_asked_for(shelf, channel, case):
    answer = channel.get(shelf.ticket(case.name + ".parquet"))
    assert answer.code.name == "OK", answer
    table, schema = case.expected(dictionaries=False)
    assert_same(table, table_of(answer.messages), schema)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.fate == "OK" and case.arrow_rs], indirect=True)
def test_arrow_rs_agrees_with_what_is_expected(shelf, case):
    table, schema = case.expected()
    assert_same(table, arrow_rs.read(shelf.path(case.name + ".parquet")), schema)


def test_field_ids(shelf):
    def field(name, kind, number):
        return pa.field(name, kind, metadata={"PARQUET:field_id": str(number)})
    inner = pa.struct([field("a", pa.int32(), 3), field("b", pa.list_(field("element", pa.int8(), 5)), 4)])
    schema = pa.schema([field("i", pa.int32(), 1), field("s", inner, 2)])
    pq.write_table(pa.table({"i": [1], "s": [{"a": 1, "b": [2]}]}, schema=schema), shelf.path("field-ids.parquet"), store_schema=False)
    assert shelf.table("field-ids.parquet").schema.equals(schema, check_metadata=True)


def test_names_are_unique():
    count = sum(len(list(part.cases())) for part in (corpus, corpus_duckdb, corpus_polars))
    assert count == len(CASES)

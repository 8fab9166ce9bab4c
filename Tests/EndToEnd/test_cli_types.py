"""sqe-cli against a worker of another make: types with children, views and dictionaries, on the screen and in a file."""
import datetime
import decimal
import subprocess

import pyarrow as pa
import pytest
from servers.flight import ForeignWorker

LONG = "longer than a view holds"


def columns():
    """Three rows each, the second null, and what the screen shows of the others."""
    entries = [[("k", 1)], None, [("l", None), ("m", 2)]]
    inner = pa.StructArray.from_arrays([pa.array(["p", "q"]).dictionary_encode()], ["in"])
    return {
        "list": (pa.array([[1, 2], None, []], pa.list_(pa.int32())), "[1, 2]", "[]"),
        "large_list": (pa.array([["a"], None, [None]], pa.large_list(pa.large_string())), '["a"]', "[null]"),
        "list_view": (pa.array([[1, 2], None, []], pa.list_view(pa.int8())), "[1, 2]", "[]"),
        "large_list_view": (pa.array([[1, 2], None, []], pa.large_list_view(pa.int8())), "[1, 2]", "[]"),
        "fixed_size_list": (pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16(), 2)), "[1, 2]", "[3, null]"),
        "struct": (pa.array([{"a": 1}, None, {"a": None}], pa.struct([("a", pa.int8())])), "{a: 1}", "{a: null}"),
        "map": (pa.array(entries, pa.map_(pa.string(), pa.int64())), '{"k": 1}', '{"l": null, "m": 2}'),
        "string_view": (pa.array(["short", None, LONG], pa.string_view()), "short", LONG),
        "binary_view": (pa.array([b"\x01", None, b"\xff"], pa.binary_view()), "01", "ff"),
        "large_binary": (pa.array([b"\x01", None, b"\xff"], pa.large_binary()), "01", "ff"),
        "date64": (pa.array([datetime.date(2000, 2, 29), None, datetime.date(1970, 1, 1)], pa.date64()), "2000-02-29", "1970-01-01"),
        "duration": (pa.array([93_784_005, None, -1], pa.duration("ms")), "P1DT2H3M4.005S", "PT-0.001S"),
        "interval": (pa.array([(14, 2, 3_000_000_000), None, (0, 0, 0)], pa.month_day_nano_interval()), "P1Y2M2DT3S", "PT0S"),
        "decimal32": (pa.array([decimal.Decimal("1.23"), None, decimal.Decimal("-0.01")], pa.decimal32(9, 2)), "1.23", "-0.01"),
        "dictionary": (pa.array(["a", None, "b"]).dictionary_encode(), "a", "b"),
        "in_a_list": (pa.ListArray.from_arrays(pa.array([0, None, 1, 3], pa.int32()), pa.array(["x", "y", "x"]).dictionary_encode()),
                      '["x"]', '["y", "x"]'),
        "in_a_dictionary": (pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.uint16()), inner), '{in: "q"}', '{in: "p"}'),
        "behind": (pa.array(["z", None, "y"]).dictionary_encode(), "z", "y"),
    }


@pytest.fixture
def scan(cli_program, tmp_path):
    """Runs sqe-cli against a server of the given batches."""
    ticket = tmp_path / "ticket"
    ticket.write_bytes(b"any")

    def run(batches, *words):
        with ForeignWorker(batches) as server:
            command = [cli_program, "scan", "--worker", server.address, "--ticket", ticket, *words]
            return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return run


def dictionary_batch(*values):
    return pa.record_batch({"d": pa.array(values).dictionary_encode()})


@pytest.mark.parametrize("name", columns())
def test_a_value_is_shown(scan, name):
    array, first, last = columns()[name]
    done = scan([pa.record_batch({name: array})], "--rows", 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.strip() for line in done.stdout.splitlines()[2:5]] == [first, "null", last]


def test_every_type_to_a_file(scan, tmp_path):
    out = tmp_path / "out.arrow"
    batch = pa.record_batch({name: array for name, (array, _, _) in columns().items()}).replace_schema_metadata({"k": "v"})
    done = scan([batch, batch], "--rows", 6, "--output", out)
    assert done.returncode == 0, done.stdout + done.stderr
    with pa.OSFile(str(out)) as file:
        table = pa.ipc.open_file(file).read_all()
    table.validate(full=True)
    assert table.schema.equals(batch.schema, check_metadata=True)
    for name in batch.schema.names:
        assert table[name].to_pylist() == batch[name].to_pylist() * 2


def test_a_dictionary_that_changes(scan, tmp_path):
    out = tmp_path / "out.arrow"
    batches = [dictionary_batch("a", "b"), dictionary_batch("c", "d")]
    done = scan(batches, "--rows", 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.strip() for line in done.stdout.splitlines()[2:6]] == ["a", "b", "c", "d"]
    done = scan(batches, "--rows", 0, "--output", out)
    assert done.returncode != 0
    assert "UNSUPPORTED: an IPC file whose dictionary 0 changes between record batches" in done.stderr
    assert not out.exists()

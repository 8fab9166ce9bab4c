"""Files made by hand: old forms must be read right, lies must end in an error that names the column, and nothing hurts the worker."""
import pytest
from data import broken, hints, legacy
from support import wire
from support.tables import assert_same

CASES = {case.name: case for part in (legacy, hints, broken) for case in part.cases()}
RIGHT = [name for name, case in CASES.items() if case.fate == "OK"]
WRONG = [name for name, case in CASES.items() if case.fate != "OK"]
MIB = 1 << 20


@pytest.mark.parametrize("name", RIGHT)
def test_old_forms_are_read(shelf, name):
    case = CASES[name]
    shelf.put("handmade-%s.parquet" % name, case.octets)
    assert_same(case.want, shelf.table("handmade-%s.parquet" % name), case.schema)


@pytest.mark.parametrize("name", WRONG)
def test_lies_are_refused(shelf, name):
    case = CASES[name]
    shelf.put("handmade-%s.parquet" % name, case.octets)
    answer = shelf.get("handmade-%s.parquet" % name, timeout=10)
    assert answer.code.name == case.fate and case.says in answer.details, answer
    assert shelf.peak_resident_bytes() < 512 * MIB


def test_a_maps_parts_keep_their_names(shelf):
    shelf.put("map-names.parquet", CASES["map-key-value-inside"].octets)
    schema = shelf.get("map-names.parquet").messages[0]
    for name in (b"entry", b"k", b"v"):
        # A FlatBuffers string: its length in four octets, and a zero at the end.
        assert len(name).to_bytes(4, "little") + name + b"\0" in schema


def test_shared_prefixes(shelf):
    shelf.put("amplifier-small.parquet", broken.amplifier(500, 1000))
    assert shelf.table("amplifier-small.parquet")["c"].to_pylist() == [b"x" * 1000] * 500


def test_shared_prefixes_take_no_memory(shelf):
    """100 GB out of 1 MB: comes in small messages, as fast as it is read, until the reader leaves."""
    shelf.put("amplifier.parquet", broken.amplifier(100_000, MIB))
    before = shelf.peak_resident_bytes()
    call = shelf.channel.start("DoGet", wire.ticket_message(shelf.ticket("amplifier.parquet")))
    octets = sum(len(next(call)) for _ in range(301))
    call.cancel()
    assert octets > 300 * MIB
    assert shelf.peak_resident_bytes() - before < 64 * MIB
    shelf.worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)

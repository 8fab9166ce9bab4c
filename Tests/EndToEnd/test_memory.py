"""One budget for all scans: never exceeded by much, waited for in turn, refused when it is hopeless."""
import threading
import time

import pyarrow as pa
import pyarrow.flight as flight
import pytest
from support import files, tickets, wire
from support.tables import assert_same

BUDGET = 64 << 20
# Code, stacks, connections, the allocator's own.
BESIDES = 24 << 20
LIMITED = {"SQE_WORKER__MEMORY_BYTES": str(BUDGET), "SQE_WORKER__MEMORY_WAIT_SECS": "5"}


@pytest.fixture(params=["io_uring", "epoll"])
def limited(request, start_worker):
    """A worker of 64 MiB with two cores."""
    return start_worker(reactor=request.param, env=LIMITED)


def ticket(nginx, data, times=1, **fields):
    return tickets.encoded(tickets.scan_task(nginx, data.files("snappy") * times, **fields))


def assert_all_is_back(worker):
    assert worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0) == 0
    assert worker.wait_for_metric("sqe_worker_memory_committed_bytes", lambda n: n == 0) == 0
    assert worker.metric("sqe_worker_pool_lent_bytes") <= 1 << 20


@pytest.mark.timeout(180)
def test_a_slow_and_a_fast_reader_stay_within_the_budget(limited, nginx, data, note):
    want = data.table("snappy")
    message = wire.ticket_message(ticket(nginx, data, times=6))
    with wire.Channel(limited.address) as channel:
        slow = channel.start("DoGet", message, timeout=150)
        next(slow), next(slow)
        with limited.client() as client:
            for _ in range(3):
                reader = client.do_get(flight.Ticket(ticket(nginx, data)), flight.FlightCallOptions(timeout=60))
                assert_same(want, reader.read_all())
        rest = 0
        for answer in slow:
            rest += len(answer)
            if rest < 20 << 20:
                time.sleep(0.01)
        assert rest > 5 * want.nbytes
    assert_all_is_back(limited)
    committed = limited.metric("sqe_worker_memory_largest_committed_bytes")
    note("memory: budget %d MiB, committed at most %.1f MiB, peak RSS %.1f MiB" % (
        BUDGET >> 20, committed / 2**20, limited.peak_bytes() / 2**20))
    assert committed <= BUDGET
    assert limited.peak_bytes() <= BUDGET + BESIDES


@pytest.mark.timeout(180)
def test_scans_wait_for_memory_in_turn(limited, nginx, data):
    """Twelve at once need several times the budget; all end well."""
    want = data.table("snappy")
    failures = []

    def read():
        try:
            with limited.client(generic_options=[("grpc.use_local_subchannel_pool", 1)]) as client:
                options = flight.FlightCallOptions(timeout=150)
                assert_same(want, client.do_get(flight.Ticket(ticket(nginx, data)), options).read_all())
        except Exception as failure:  # noqa: BLE001: shown by the assertion below
            failures.append(failure)
    readers = [threading.Thread(target=read) for _ in range(12)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert failures == []
    assert limited.metric("sqe_worker_memory_waits_total") > 0
    # What a scan takes is estimated before it starts, and those who wait hold the ends of their files.
    assert limited.metric("sqe_worker_memory_largest_committed_bytes") <= BUDGET * 1.1
    # Twelve connections have buffers of their own.
    assert limited.peak_bytes() <= BUDGET + BESIDES + (12 << 20)
    assert_all_is_back(limited)


@pytest.mark.timeout(120)
def test_whoever_waits_for_stalled_readers_is_told(limited, nginx, data):
    """Nobody reads the first ones, so what they hold will not come back."""
    message = wire.ticket_message(ticket(nginx, data, times=3))
    with wire.Channel(limited.address) as channel:
        calls = []
        # One by one, each until it has filled what its reader would have to take.
        while limited.metric("sqe_worker_memory_waiting_scans") == 0:
            calls.append(channel.start("DoGet", message, timeout=100))
            time.sleep(1)
            assert len(calls) < 30
        answer = channel.finish(calls[-1])
        assert answer.code.name == "RESOURCE_EXHAUSTED", answer
        assert "other scans hold the memory" in answer.details
        # Those that were let in go on.
        assert sum(len(answer) for answer in calls[0]) > data.table("snappy").nbytes
        for call in calls:
            call.cancel()
    assert_all_is_back(limited)


@pytest.mark.timeout(60)
def test_what_can_never_fit_is_refused_at_once(start_worker, origin):
    table = files.wide_table(rows=20_000, columns=64)
    origin.put("bench", "wide.parquet", files.parquet(table))
    worker = start_worker(env={"SQE_WORKER__MEMORY_BYTES": str(8 << 20)})
    started = time.monotonic()
    with worker.client() as client:
        whole = tickets.encoded(tickets.scan_task(origin, ["bench/wide.parquet"]))
        with pytest.raises((flight.FlightError, pa.ArrowInvalid)) as failure:
            client.do_get(flight.Ticket(whole), flight.FlightCallOptions(timeout=30)).read_all()
        # An eighth each is for the next batch's room and for footers.
        assert "the budget is %d" % (6 << 20) in str(failure.value)
        # Long before anybody would have given up waiting.
        assert time.monotonic() - started < 5
        part = tickets.encoded(tickets.scan_task(origin, ["bench/wide.parquet"], ["c5", "c3"]))
        assert client.do_get(flight.Ticket(part)).read_all() == table.select(["c5", "c3"])
    assert_all_is_back(worker)

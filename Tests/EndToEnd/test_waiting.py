"""Times: how long the worker waits for a store, for its turn to ask again, and that a call which is given up waits for nothing."""
import threading
import time

import pytest
from servers.faulty_store import faults
from support import wire
from support.rig import Rig, assert_at_rest, retries
from support.tables import assert_same, table_of
from support.worker import io_uring_denied

FIRST_BYTE, STALL, WHOLE, CONNECT, TRIES = 2, 1, 4, 1, 2
HASTY = {
    "SQE_STORAGE__FIRST_BYTE_TIMEOUT_SECS": str(FIRST_BYTE), "SQE_STORAGE__STALL_TIMEOUT_SECS": str(STALL),
    "SQE_STORAGE__REQUEST_TIMEOUT_SECS": str(WHOLE), "SQE_STORAGE__CONNECT_TIMEOUT_SECS": str(CONNECT), "SQE_STORAGE__MAX_ATTEMPTS": str(TRIES),
}
#: What a loaded machine may add to a time.
SLACK = 3


@pytest.fixture
def hasty(start_worker, origin):
    """Workers that wait for seconds only, one on each kind of reactor: the tests wait for both at once."""
    reactors = ["epoll"] if io_uring_denied() else ["io_uring", "epoll"]
    rigs = {reactor: Rig(start_worker(reactor=reactor, env=HASTY), origin) for reactor in reactors}
    yield rigs
    for rig in rigs.values():
        assert_at_rest(rig.worker)


def together(rigs, cases, **fields):
    """Scans of objects of their own at the same time, each under its own faults; the outcomes by name and reactor."""
    outcomes = {}

    def run(rig, name, reactor):
        key = "%s %s" % (name, reactor)
        outcome = outcomes[name, reactor] = rig.scan(key=key, **fields)
        outcome.requests = [r for r in outcome.requests if r.key == key]
    threads = []
    for reactor, rig in rigs.items():
        for name, (faults_, match) in cases.items():
            key = "%s %s" % (name, reactor)
            rig.store.put("b", key, rig.octets)
            rig.store.script(*faults_, key=key, **match)
            threads.append(threading.Thread(target=run, args=(rig, name, reactor)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(threads)
    return outcomes


def test_a_store_that_does_not_move(hasty):
    rig = next(iter(hasty.values()))
    tail, part = rig.of_tail(), rig.of_part()
    cases = {
        "head": ([faults.Stall()], tail),
        "within the head": ([faults.Stall("head", 20)], part),
        "body": ([faults.Stall("body", 100_000)], part),
        "drip": ([faults.Drip(500, 100, "body", 1000)], part),
        "slow": ([faults.Drip(100_000, 10_000)], tail),
        "long": ([faults.Drip(120_000, 12_000)], part),
        "never": ([faults.Stall()], {**tail, "times": None}),
        "never more": ([faults.Stall("body", 0)], {**tail, "times": None}),
    }
    limits = {
        "head": (FIRST_BYTE, FIRST_BYTE), "within the head": (STALL, 2 * STALL), "body": (STALL, 2 * STALL), "drip": (STALL, 3 * STALL),
        "slow": (0, 1), "long": (WHOLE, WHOLE + 2), "never": (TRIES * FIRST_BYTE, TRIES * FIRST_BYTE + 1),
        "never more": (TRIES * STALL, TRIES * 2 * STALL + 1),
    }
    first, end = rig.groups[0]
    for (name, reactor), outcome in together(hasty, cases).items():
        least, most = limits[name]
        assert least <= outcome.seconds <= most + SLACK, (name, reactor, outcome.seconds)
        if name.startswith("never"):
            says = "the store did not begin to answer in time" if name == "never" else "the store stopped sending"
            assert outcome.code == "UNAVAILABLE" and says in outcome.answer.details, (name, reactor, outcome.answer)
            assert len(outcome.requests) == TRIES
            continue
        assert outcome.code == "OK", (name, reactor, outcome.answer)
        assert_same(rig.table, table_of(outcome.answer.messages))
        # Whoever is slow and moves is left alone.
        assert len(outcome.requests) == len(rig.plan) + (name != "slow"), (name, reactor, outcome.ranges)
        if name == "body":
            start = int(outcome.ranges[-1].removesuffix("-%d" % (end - 1)).removeprefix("bytes="))
            assert start == first + 100_000
    for other in hasty.values():
        assert retries(other.worker) == {"time": 5 + 2 * (TRIES - 1)}
        series = 'sqe_worker_endpoint_failed_requests_total{endpoint="127.0.0.1:%d"}' % rig.store.port
        assert other.worker.metric(series) == 5 + 2 * TRIES


@pytest.mark.parametrize("mode, limit, says", [
    ("full", CONNECT, "the store cannot be reached in time"), ("ignore", FIRST_BYTE, "the store did not begin to answer in time")])
def test_a_door_that_does_not_open(hasty, mode, limit, says):
    next(iter(hasty.values())).store.set_door(mode)
    for outcome in together(hasty, {"k": ([None], {})}).values():
        assert outcome.code == "UNAVAILABLE" and says in outcome.answer.details, outcome.answer
        assert TRIES * limit <= outcome.seconds <= TRIES * limit + 1 + SLACK
        assert outcome.retries == {"time": TRIES - 1} and outcome.requests == []


def test_tls_with_a_store_that_waits_for_plain_http(hasty):
    store = next(iter(hasty.values())).store
    for outcome in together(hasty, {"k": ([None], {})}, s3_endpoint=store.endpoint.replace("http", "https")).values():
        assert outcome.code == "UNAVAILABLE" and "the store cannot be reached in time" in outcome.answer.details, outcome.answer
        assert outcome.retries == {"time": TRIES - 1} and outcome.requests == []


def test_the_store_says_when_to_come_again(hasty):
    cases = {"seconds": ([faults.slow_down(retry_after="1")], {}), "date": ([faults.service_unavailable(retry_date=2)], {})}
    for outcome in together(hasty, cases).values():
        assert outcome.code == "OK", outcome.answer
        waited = outcome.requests[1].time - outcome.requests[0].time
        # A date is in whole seconds.
        assert 0.95 <= waited <= 2 + SLACK


@pytest.mark.parametrize("conditions", ["faults", "connect", "keys"])
def test_a_call_given_up_waits_for_nothing(hasty, conditions):
    """It ends long before what it waits for, and asks for nothing more."""
    store = next(iter(hasty.values())).store
    waits = {"k": [None]}
    if conditions == "faults":
        waits = {"retry": [faults.slow_down(retry_after="1")], "head": [faults.Stall()], "body": [faults.Stall("body", 999)]}
    elif conditions == "keys":
        store.withdraw_credentials()
    else:
        store.set_door("full")
    for key, faults_ in waits.items():
        store.put("b", key, next(iter(hasty.values())).octets)
        store.script(*faults_, times=None, key=key)
    channels = [wire.Channel(rig.worker.address) for rig in hasty.values()]
    calls = [channel.start("DoGet", wire.ticket_message(store.ticket("b/" + key))) for channel in channels for key in waits]
    if conditions == "connect":
        for rig in hasty.values():
            rig.worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 1)
    else:
        store.wait_for(lambda requests: len(requests) == len(calls))
    time.sleep(0.1)
    for call in calls:
        call.cancel()
    began = time.monotonic()
    for rig in hasty.values():
        rig.worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
    assert time.monotonic() - began < 0.5
    for channel in channels:
        channel.close()
    connections = [rig.worker.metric("sqe_worker_store_connections_total") for rig in hasty.values()]
    time.sleep(1.2)
    assert len(store.requests) == (0 if conditions == "connect" else len(calls))
    assert [rig.worker.metric("sqe_worker_store_connections_total") for rig in hasty.values()] == connections


def test_retries_stay_within_the_budget(rig):
    """Scans without end at a store that is down: it is asked little more than by scans that do not try again."""
    scans, began = 150, time.monotonic()
    rig.store.script(faults.slow_down(), times=None)
    before = rig.worker.metrics()
    seen, left = [], list(range(scans))

    def run():
        with wire.Channel(rig.worker.address) as channel:
            while left:
                left.pop()
                seen.append(channel.get(rig.store.ticket("b/k")).code.name)
    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["UNAVAILABLE"] * scans
    again = len(rig.store.requests) - scans
    assert 0 < again <= 0.2 * scans + 10 + 10 * (time.monotonic() - began)
    after = rig.worker.metrics()
    refused = after["sqe_worker_store_retries_refused_total"] - before["sqe_worker_store_retries_refused_total"]
    assert refused > 0
    answered = 'sqe_worker_store_retries_total{reason="answer"}'
    assert after[answered] - before[answered] == again
    rig.store.clear_faults()
    rig.right_rows()

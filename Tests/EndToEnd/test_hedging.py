"""Requests that are sent twice because their answer is late: the rows are right, the store is asked little more, nothing is left behind.

The answers that came before took `USUAL` seconds to begin, and the store answers at once otherwise: so what is hedged is what a
test holds back, and not what a loaded machine delays.
"""
import threading
import time

import pytest
from servers.faulty_store import faults
from support import certificates, wire
from support.rig import Rig, assert_at_rest, two_groups
from support.tables import assert_same, table_of
from support.worker import Worker, io_uring_denied

USUAL, FIRST_BYTE, TRIES = 0.3, 3, 2
ENV = {
    "SQE_STORAGE__HEDGING": "true", "SQE_STORAGE__FIRST_BYTE_TIMEOUT_SECS": str(FIRST_BYTE), "SQE_STORAGE__MAX_ATTEMPTS": str(TRIES),
    "SQE_STORAGE__CREDENTIAL_WAIT_SECS": "1",
}
LATE = faults.Stall("head", 0, USUAL)
NEVER = faults.Stall()
#: No percentile is known before there are so many answers.
LEAST = 32


@pytest.fixture(scope="module")
def authority(scratch):
    return certificates.Authority(scratch, "hedging")


@pytest.fixture(scope="module", params=["io_uring", "epoll"])
def hedging(request, server_program, scratch, authority):
    """A worker that hedges."""
    if request.param == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    running = Worker(server_program, scratch, reactor=request.param, env={**ENV, "SQE_STORAGE__CA_FILE": authority.path})
    yield running
    running.stop()


@pytest.fixture
def rig(hedging, origin):
    """The worker, which knows by now how long this store takes."""
    rig = Rig(hedging, origin)
    warm(rig)
    yield rig
    assert_at_rest(hedging)


def warm(rig):
    before = hedges(rig.worker)
    rig.store.script(LATE, times=None)
    threads = [threading.Thread(target=rig.right_rows) for _ in range(LEAST // len(rig.plan) + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rig.store.clear_faults()
    assert len(rig.store.requests) >= LEAST and hedges(rig.worker) == before


def hedges(worker):
    """How many were sent, and how many of those won."""
    metrics = worker.metrics()
    return metrics["sqe_worker_store_hedges_total"], metrics["sqe_worker_store_hedges_won_total"]


class Counted:
    """The hedges and requests within a block."""

    def __init__(self, rig):
        self._rig = rig

    def __enter__(self):
        self._before, self._number = hedges(self._rig.worker), self._rig.store.counts()["requests"]
        return self

    def __exit__(self, *_):
        self.sent, self.won = (int(a - b) for a, b in zip(hedges(self._rig.worker), self._before))
        self.requests = self._rig.store.requests_since(self._number)


# ---- one of the two answers ---------------------------------------------------------------

@pytest.mark.parametrize("seed", [1, 2])
def test_some_answers_never_begin(rig, seed):
    """Nobody waits for the limit on the first byte, and the store is asked little more."""
    keys = ["k%d" % i for i in range(40)]
    for key in keys:
        rig.store.put("b", key, rig.octets)
    rig.store.storm(seed, 0.04, NEVER, times=1)
    with Counted(rig) as counted:
        for key in keys:
            assert rig.right_rows(key=key).retries == {}
    stalled = sum(r.fault == "Stall" for r in counted.requests)
    assert 0 < stalled <= counted.won <= counted.sent
    planned = len(keys) * len(rig.plan)
    assert planned + stalled <= len(counted.requests) <= planned + counted.sent
    assert counted.sent <= 0.2 * len(rig.store.requests)


def test_the_copy_is_the_same_request(rig, place_of):
    rig.store.script(NEVER, **place_of)
    with Counted(rig) as counted:
        rig.right_rows()
    assert (counted.sent, counted.won) == (1, 1)
    late = next(r for r in counted.requests if r.fault)
    copies = [r for r in counted.requests if r.range == late.range]
    assert len(copies) == 2 and copies[0].fields == copies[1].fields and copies[0].connection != copies[1].connection
    rig.store.wait_for(lambda requests: requests[late.number].outcome == "left")


def test_the_first_request_wins_after_all(rig, place_of):
    rig.store.script(faults.Stall("head", 0, 3 * USUAL), NEVER, **place_of)
    with Counted(rig) as counted:
        assert rig.right_rows().retries == {}
    assert (counted.sent, counted.won) == (1, 0) and len(counted.requests) == len(rig.plan) + 1
    copy = next(r for r in counted.requests[::-1] if r.fault)
    rig.store.wait_for(lambda requests: requests[copy.number].outcome == "left")


@pytest.mark.parametrize("fault", [faults.slow_down(), faults.Reset("head", 0), faults.Close("head", 30), faults.bad_gateway()],
                         ids=lambda f: f.name)
def test_a_copy_that_fails_leaves_it_to_the_other(rig, fault):
    """The second fails at once; or the first, late, but before the second is answered."""
    slow = faults.Stall("head", 0, 3 * USUAL)
    orders = [[slow, fault]]
    if isinstance(fault, faults.Failure):
        orders.append([faults.Together((fault, faults.Stall("head", 0, 2 * USUAL))), slow])
    for order in orders:
        rig.store.script(*order, **rig.of_part())
        with Counted(rig) as counted:
            assert rig.right_rows().retries == {}
        # One more where the copy met a kept connection that was closed.
        assert counted.sent == 1 and len(counted.requests) <= len(rig.plan) + 2


def test_over_tls(hedging, start_store, authority):
    rig = Rig(hedging, start_store(certificate=authority.issue("hedged")))
    warm(rig)
    rig.store.script(NEVER, **rig.of_part())
    with Counted(rig) as counted:
        assert rig.right_rows().retries == {}
    assert (counted.sent, counted.won) == (1, 1)
    rig.store.check()
    assert_at_rest(hedging)


# ---- none of the two answers --------------------------------------------------------------

def test_both_never_begin(rig, place_of):
    """Two tries, each with a copy."""
    rig.store.script(NEVER, times=None, **place_of)
    with Counted(rig) as counted:
        outcome = rig.refused("UNAVAILABLE", "the store did not begin to answer in time")
    assert outcome.retries == {"time": TRIES - 1}
    assert sum(r.fault == "Stall" for r in counted.requests) == 2 * TRIES and (counted.sent, counted.won) == (TRIES, 0)


@pytest.mark.parametrize("fault, code, asked", [
    (faults.Redirect(), "OK", 3), (faults.no_such_key(), "NOT_FOUND", 2), (faults.precondition_failed(), "ABORTED", 2),
    (faults.access_denied(), "PERMISSION_DENIED", 2), (faults.RangeRefused(), "ABORTED", 2), (faults.OtherEntityTag(), "ABORTED", 2),
    (faults.bad_request(), "INVALID_ARGUMENT", 2), (faults.expired_token(), "UNAUTHENTICATED", 2)], ids=lambda f: getattr(f, "name", str(f)))
def test_a_verdict_means_the_same_whoever_is_told(rig, fault, code, asked):
    late = faults.Together((fault, faults.Stall("head", 0, 2 * USUAL)))
    for faults_ in ([NEVER, fault], [late, NEVER]):
        rig.store.script(*faults_, **rig.of_part())
        with Counted(rig) as counted:
            outcome = rig.scan()
        assert outcome.code == code, outcome.answer
        if code == "OK":
            assert_same(rig.table, table_of(outcome.answer.messages))
        first, end = rig.groups[0]
        assert sum(r.range == "bytes=%d-%d" % (first, end - 1) for r in counted.requests) == asked
        assert counted.sent == 1 and outcome.retries == {}


# ---- versions -----------------------------------------------------------------------------

@pytest.mark.parametrize("tagged", [True, False])
def test_overwritten_between_the_two(rig, tagged):
    """The first copy's answer is of the old version, the second's of the new one."""
    if not tagged:
        rig.store.script(faults.MissingEntityTag(), **rig.of_tail())
        rig.store.script(faults.Together((faults.MissingEntityTag(), NEVER)),
                         faults.Together((faults.MissingEntityTag(), faults.OtherTime())), **rig.of_part())
        rig.store.script(faults.MissingEntityTag(), times=None)
    else:
        rig.store.script(NEVER, **rig.of_part())
        overwrite_when_late(rig)
    rig.refused("ABORTED", "object changed during the scan")


def test_overwritten_between_the_two_first_of_all(rig):
    """Nothing is known of the object yet, so its new version is as good."""
    other = overwrite_when_late(rig)
    rig.store.script(NEVER, **rig.of_tail())
    outcome = rig.scan()
    assert outcome.code == "OK", outcome.answer
    assert_same(other, table_of(outcome.answer.messages))


def overwrite_when_late(rig):
    """Puts another file of the same size in the place of the object once a request is held back."""
    table, octets = two_groups(seed=6)
    number = len(rig.store.requests)

    def run():
        rig.store.wait_for(lambda requests: any(r.fault for r in requests[number:]))
        rig.store.put(rig.bucket, rig.key, octets)
    threading.Thread(target=run, daemon=True).start()
    return table


# ---- not hedged, and given up -------------------------------------------------------------

def test_off_by_default(worker, origin):
    rig = Rig(worker, origin)
    warm(rig)
    rig.store.script(faults.Stall("head", 0, 3 * USUAL), times=None)
    outcome = rig.right_rows()
    assert sorted(outcome.ranges) == sorted(rig.plan) and hedges(worker) == (0, 0)
    assert_at_rest(worker)


def test_given_up_while_both_are_under_way(rig):
    rig.worker.wait_for_metric("sqe_worker_open_connections", lambda n: n == 0)
    descriptors, number = rig.worker.descriptors(), len(rig.store.requests)
    rig.store.script(NEVER, times=None)
    with Counted(rig) as counted, wire.Channel(rig.worker.address) as channel:
        calls = [channel.start("DoGet", wire.ticket_message(rig.store.ticket("b/k"))) for _ in range(3)]
        rig.store.wait_for(lambda requests: sum(r.outcome == "stalled" for r in requests[number:]) == 2 * len(calls))
        for call in calls:
            call.cancel()
        began = time.monotonic()
        rig.worker.wait_for_metric("sqe_worker_open_calls", lambda n: n == 0)
        assert time.monotonic() - began < FIRST_BYTE - USUAL
    assert_at_rest(rig.worker)
    assert (counted.sent, counted.won) == (len(calls), 0)
    rig.store.wait_for(lambda requests: all(r.outcome == "left" for r in requests[number:]))
    end = time.monotonic() + 10
    while rig.worker.descriptors() > descriptors:
        assert time.monotonic() < end, "%d descriptors, %d before" % (rig.worker.descriptors(), descriptors)
        time.sleep(0.05)
    assert len(rig.store.requests) == number + 2 * len(calls)


@pytest.fixture(params=["tail", "part"])
def place_of(request, rig):
    """Which request is late; what narrows a rule to it."""
    return rig.of_tail() if request.param == "tail" else rig.of_part()

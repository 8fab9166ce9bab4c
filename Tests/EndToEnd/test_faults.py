"""What fails between the worker and its store ends in the right rows or in the status that says what it was.

Never in wrong rows, in a call that stays open or in memory that stays lent. `tail` is the first request, which looks for the
footer; `part` is one for a row group, most often on a connection that has carried a request.
"""
import threading

import pytest
from servers.faulty_store import faults
from support.rig import MAX_ATTEMPTS, Rig, ids


# ---- answers that ask to come again -------------------------------------------------------

BUSY = [
    faults.internal_error(), faults.bad_gateway(), faults.service_unavailable(), faults.gateway_timeout(), faults.slow_down(),
    faults.slow_down(retry_after="0"), faults.slow_down(retry_after="soon"), faults.too_many_requests(), faults.request_timeout(),
    faults.internal_error(padding=100_000), faults.Failure(408),
]


@pytest.mark.parametrize("fault", BUSY, ids=ids)
def test_a_store_that_is_busy_is_asked_again(rig, fault):
    for match in (rig.of_tail(), rig.of_part()):
        rig.store.script(fault, **match)
    outcome = rig.right_rows()
    assert outcome.retries == {"answer": 2}
    tail, *parts = rig.plan
    assert sorted(outcome.ranges) == sorted([tail, tail, parts[0], *parts])


def test_no_more_tries_than_configured(rig):
    rig.store.script(faults.slow_down(), times=None)
    outcome = rig.refused("UNAVAILABLE", "the store answered 503 SlowDown")
    assert len(outcome.requests) == MAX_ATTEMPTS and outcome.retries == {"answer": MAX_ATTEMPTS - 1}


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_one_try_when_so_configured(start_worker, origin, reactor):
    worker = start_worker(reactor=reactor, env={"SQE_STORAGE__MAX_ATTEMPTS": "1"})
    origin.script(faults.internal_error(), times=None)
    outcome = Rig(worker, origin).refused("UNAVAILABLE", "500 InternalError")
    assert len(outcome.requests) == 1 and outcome.retries == {}


# ---- answers that are final ---------------------------------------------------------------

@pytest.mark.parametrize("fault, code, says", [
    (faults.bad_request(), "INVALID_ARGUMENT", "400 InvalidArgument"),
    (faults.access_denied(), "PERMISSION_DENIED", "access denied"),
    (faults.Failure(403), "PERMISSION_DENIED", "access denied"),
    (faults.Failure(401), "UNAUTHENTICATED", "the keys are not accepted"),
    (faults.no_such_key(), "NOT_FOUND", "the object does not exist"),
    (faults.Failure(404), "NOT_FOUND", "does not exist"),
    (faults.no_such_bucket(), "NOT_FOUND", "the bucket does not exist"),
    (faults.precondition_failed(), "ABORTED", "object changed"),
    (faults.RangeRefused(), "ABORTED", "object changed"),
    (faults.Failure(405, "MethodNotAllowed"), "INVALID_ARGUMENT", "405"),
    (faults.NotModified(), "UNAVAILABLE", "304"),
    (faults.ContentEncoding(), "UNAVAILABLE", "contentEncoding"),
    (faults.ContentEncoding("br"), "UNAVAILABLE", "contentEncoding"),
], ids=str)
def test_a_refusal_is_final(rig, place, fault, code, says):
    rig.store.script(fault, times=None, **place)
    outcome = rig.refused(code, says)
    assert outcome.retries == {} and sum(bool(r.fault) for r in outcome.requests) == 1


def test_an_empty_object(rig):
    rig.store.put("b", "empty", b"")
    assert len(rig.refused("DATA_LOSS", "the object is empty", key="empty").requests) == 1


# ---- answers that break off ---------------------------------------------------------------

@pytest.mark.parametrize("end", [faults.Reset, faults.Close])
@pytest.mark.parametrize("at", [0, 1, 17, 30_000, "boundary", -1], ids=str)
def test_a_body_that_breaks_off_goes_on_where_it_ended(rig, end, at):
    """Exactly what is missing is asked for, of the version that the first octets were of."""
    at = rig.boundary if at == "boundary" else at
    rig.store.script(end("body", at), **rig.of_part())
    rig.store.script(end("body", min(at, 60_000)), **rig.of_tail())
    outcome = rig.right_rows()
    assert outcome.retries == {"connection": 2}
    first, past = rig.groups[0]
    gained = at if at >= 0 else past - first - 1
    assert [r.range for r in outcome.requests if r.range.startswith("bytes=%d-" % (first + gained))][-1] == "bytes=%d-%d" % (first + gained, past - 1)
    tail = min(at, 60_000) if at >= 0 else rig.tail_length - 1
    again = "bytes=%d-%d" % (rig.tail_start + tail, len(rig.octets) - 1) if tail else rig.plan[0]
    assert outcome.ranges[:2] == [rig.plan[0], again]
    assert len(outcome.requests) == len(rig.plan) + 2
    tag = outcome.requests[-1].fields["if-match"]
    assert [r.fields.get("if-match") for r in outcome.requests] == [None] + [tag] * (len(outcome.requests) - 1)


@pytest.mark.parametrize("end", [faults.Reset, faults.Close])
@pytest.mark.parametrize("at", [0, 1, 9, 60, -1])
def test_a_head_that_breaks_off_is_asked_for_again(rig, end, at):
    rig.store.script(end("head", at), **rig.of_tail())
    rig.store.script(end("head", at), **rig.of_part())
    outcome = rig.right_rows()
    assert len(outcome.requests) == len(rig.plan) + 2
    # A kept connection that ends before any answer was closed meanwhile: that the request goes out anew is no retry.
    kept = sum(r.before > 0 for r in outcome.requests if r.fault) if at == 0 else 0
    assert outcome.retries == {"connection": 2 - kept}


def test_many_breaks_in_one_body(rig):
    """Each brought something, so they do not count as failures."""
    breaks = [faults.Close("body", 20_000), faults.Reset("body", 50_000)] * MAX_ATTEMPTS
    rig.store.script(*breaks[:8], **rig.of_part())
    outcome = rig.right_rows()
    assert outcome.retries == {"connection": 8}
    asked = sorted(int(r.range[6:].split("-")[0]) for r in outcome.requests if r.fault)
    assert asked == [4, 20_004, 70_004, 90_004, 140_004, 160_004, 210_004, 230_004]


def test_breaks_that_bring_nothing_are_failures(rig, place):
    rig.store.script(faults.Close("body", 0), times=None, **place)
    outcome = rig.refused("UNAVAILABLE", "the store closed the connection")
    assert sum(r.fault == "Close" for r in outcome.requests) == MAX_ATTEMPTS


def test_a_tail_that_breaks_now_here_now_there(rig):
    """A try that brings less than the one before is no progress, and all that was brought counts."""
    rig.store.script(faults.Close("body", 1000), faults.Close("body", 500), times=4, **rig.of_tail())
    outcome = rig.right_rows()
    assert outcome.retries == {"connection": 8}
    starts = [int(r.range[6:].split("-")[0]) - rig.tail_start for r in outcome.requests[1:9]]
    assert starts == [1000, 1500, 2500, 3000, 4000, 4500, 5500, 6000]


# ---- the door -----------------------------------------------------------------------------

def test_refused_for_a_while(rig):
    before = rig.worker.metrics()['sqe_worker_store_retries_total{reason="connection"}']

    def open_later():
        rig.worker.wait_for_metric('sqe_worker_store_retries_total{reason="connection"}', lambda n: n > before)
        rig.store.set_door("open")
    rig.store.set_door("refuse")
    threading.Thread(target=open_later, daemon=True).start()
    outcome = rig.right_rows()
    assert outcome.retries["connection"] >= 1 and outcome.ranges[0] == rig.plan[0]


@pytest.mark.parametrize("mode", ["refuse", "reset"])
def test_turned_away_for_good(rig, mode):
    rig.store.set_door(mode)
    outcome = rig.refused("UNAVAILABLE")
    assert outcome.requests == [] and outcome.retries == {"connection": MAX_ATTEMPTS - 1}


def test_connections_that_the_store_took_away_are_no_failure(rig):
    rig.right_rows()
    assert rig.store.drop_connections() > 0
    assert rig.right_rows().retries == {}

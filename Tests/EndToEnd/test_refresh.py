"""Keys that expire during a scan, and the action that brings newer ones."""
import json
import threading
import time

import pytest
from servers.faulty_store import faults
from support import wire
from support.rig import Rig, assert_at_rest
from support.tables import assert_same, table_of

FRAGMENT = "0198f2a0-0000-7000-8000-00000000beef"
NEW_KEYS = ("AKIDNEW0000000000001", "a/newer+secret", "a/newer/token==")
WAIT = 1


def message(fragment=FRAGMENT, keys=NEW_KEYS, **fields):
    """What the coordinator sends; `fields` win, None removes."""
    made = {"fragment_id": fragment, "access_key_id": keys[0], "secret_access_key": keys[1], "session_token": keys[2],
            "expiry": "2030-01-01T00:00:00Z", **fields}
    return json.dumps({k: v for k, v in made.items() if v is not None}).encode()


def said(channel, body, **how):
    """The one text that the action answers with."""
    answer = channel.action("refresh_credentials", body, **how)
    assert answer.code.name == "OK" and len(answer.messages) == 1, answer
    return wire.fields(answer.messages[0])[1][0].decode()


@pytest.fixture(params=["ExpiredToken", "InvalidToken"])
def verdict(request):
    """What the store says of keys that were good."""
    return request.param


class Scan:
    """A scan in a thread of its own."""

    def __init__(self, rig, **how):
        self._thread = threading.Thread(target=self._run, args=(rig, how))
        self._thread.start()

    def _run(self, rig, how):
        self.outcome = rig.scan(fragment_id=FRAGMENT, **how)

    def end(self):
        self._thread.join()
        return self.outcome


def refused(requests):
    return [r for r in requests if r.status == 400]


def test_expired_before_the_first_request(rig, channel, verdict):
    rig.store.withdraw_credentials(verdict)
    rig.store.add_credential(*NEW_KEYS)
    scan = Scan(rig)
    rig.store.wait_for(refused)
    assert said(channel, message()) == "accepted"
    outcome = scan.end()
    assert outcome.code == "OK", outcome.answer
    assert_same(rig.table, table_of(outcome.answer.messages))
    assert [(r.status, r.credential) for r in outcome.requests] == [(400, 0)] + [(206, 1)] * len(rig.plan)
    assert outcome.retries == {}


def test_expired_in_the_middle(rig, channel, verdict):
    """The tail came with the old keys; whatever had come of a part is kept."""
    rig.store.script(faults.Close("body", 200_000), faults.slow_down(retry_after="1"), **rig.of_part())
    scan = Scan(rig)
    rig.store.wait_for(lambda requests: any(r.fault == "SlowDown" for r in requests))
    rig.store.withdraw_credentials(verdict)
    rig.store.add_credential(*NEW_KEYS)
    rig.store.wait_for(refused)
    assert said(channel, message()) == "accepted"
    outcome = scan.end()
    assert outcome.code == "OK", outcome.answer
    assert_same(rig.table, table_of(outcome.answer.messages))
    first, end = rig.groups[0]
    assert [r.credential for r in outcome.requests if r.range == "bytes=%d-%d" % (first + 200_000, end - 1)] == [0, 0, 1]


def test_refreshed_before_they_expire(rig, channel):
    """The latest keys win from the next request on."""
    rig.store.add_credential("AKIDOTHER00000000001", "x", "y")
    rig.store.add_credential(*NEW_KEYS)
    rig.store.script(faults.slow_down(retry_after="1"))
    scan = Scan(rig)
    rig.store.wait_for(len)
    assert said(channel, message(keys=("AKIDOTHER00000000001", "x", "y"))) == "accepted"
    assert said(channel, message()) == "accepted"
    outcome = scan.end()
    assert outcome.code == "OK", outcome.answer
    assert [r.credential for r in outcome.requests] == [0] + [2] * len(rig.plan)


def test_new_keys_that_are_no_better(rig, channel):
    """The scan waits on for better ones."""
    rig.store.withdraw_credentials()
    rig.store.add_credential("AKIDOTHER00000000001", "x", "y")
    rig.store.withdraw_credentials()
    rig.store.add_credential(*NEW_KEYS)
    scan = Scan(rig)
    rig.store.wait_for(refused)
    assert said(channel, message(keys=("AKIDOTHER00000000001", "x", "y"))) == "accepted"
    rig.store.wait_for(lambda requests: len(refused(requests)) == 2)
    assert said(channel, message()) == "accepted"
    assert scan.end().code == "OK"


def test_without_a_token(rig, channel):
    """An empty one is none."""
    rig.store.withdraw_credentials()
    rig.store.add_credential(*NEW_KEYS[:2])
    scan = Scan(rig)
    rig.store.wait_for(refused)
    assert said(channel, message(keys=(*NEW_KEYS[:2], ""))) == "accepted"
    assert scan.end().code == "OK"


@pytest.fixture(params=["io_uring", "epoll"])
def guarded(request, start_worker, origin):
    """A worker with a secret, which waits a second for keys."""
    rig = Rig(start_worker(reactor=request.param, secret="the worker's secret", env={"SQE_STORAGE__CREDENTIAL_WAIT_SECS": str(WAIT)}), origin)
    with wire.Channel(rig.worker.address) as channel:
        yield rig, channel
    assert_at_rest(rig.worker)


SECRET = [("x-sqe-worker-secret", "the worker's secret")]


def test_the_secret_is_asked_for_first(guarded):
    _, channel = guarded
    for metadata in ([], [("x-sqe-worker-secret", "another")], [("x-sqe-worker-secret", "")]):
        for body in (message(), b"{"):
            answer = channel.action("refresh_credentials", body, metadata=metadata)
            assert (answer.code.name, answer.details) == ("UNAUTHENTICATED", "Invalid worker secret"), answer
    assert said(channel, message(), metadata=SECRET) == "no_active_scan"


def test_nobody_brings_newer_ones(start_worker, origin, verdict):
    says = "credentials expired" if verdict == "ExpiredToken" else "the session token is not valid"
    rigs = [Rig(start_worker(reactor=r, env={"SQE_STORAGE__CREDENTIAL_WAIT_SECS": str(WAIT)}), origin) for r in ("io_uring", "epoll")]
    origin.withdraw_credentials(verdict)
    for scan in [Scan(rig) for rig in rigs]:
        outcome = scan.end()
        assert outcome.code == "UNAUTHENTICATED" and says in outcome.answer.details, outcome.answer
        assert WAIT <= outcome.seconds < WAIT + 3
    # One request each: what was refused is not asked again with the same keys.
    assert len(origin.requests) == len(rigs)
    for rig in rigs:
        assert_at_rest(rig.worker)


def test_only_a_running_scan_of_that_name(rig, channel):
    assert said(channel, message()) == "no_active_scan"
    rig.right_rows(fragment_id=FRAGMENT)
    assert said(channel, message()) == "no_active_scan"
    rig.store.withdraw_credentials()
    rig.store.add_credential(*NEW_KEYS)
    scan = Scan(rig)
    rig.store.wait_for(refused)
    assert said(channel, message(fragment="another")) == "no_active_scan"
    time.sleep(0.1)
    assert len(refused(rig.store.requests)) == 1
    assert said(channel, message()) == "accepted"
    assert scan.end().code == "OK"


def test_every_scan_of_that_name(rig, channel):
    """A coordinator that repeats a task has two of them for a while."""
    rig.store.withdraw_credentials()
    rig.store.add_credential(*NEW_KEYS)
    scans = [Scan(rig) for _ in range(3)]
    rig.store.wait_for(lambda requests: len(refused(requests)) == 3)
    assert said(channel, message()) == "accepted"
    assert [scan.end().code for scan in scans] == ["OK"] * 3


@pytest.mark.parametrize("body", [
    b"", b"{", b"null", b"[]", b"\xff", message() + b"{}", message().replace(b'"expiry"', b'"expiry": 1, "expiry"'),
    *(message(**{name: value}) for name in ("fragment_id", "access_key_id", "secret_access_key", "session_token", "expiry")
      for value in (None, 7, ["tell-nobody"])),
    message(access_key_id="a\nb"), message(session_token="tell-nobody\r\n"),
], ids=str)
def test_messages_that_are_none(channel, body):
    answer = channel.action("refresh_credentials", body)
    assert answer.code.name == "INVALID_ARGUMENT" and not answer.messages, answer
    assert answer.details.startswith("Failed to decode RefreshableCredentials: "), answer
    for secret in (*NEW_KEYS, "tell-nobody"):
        assert secret not in answer.details


def test_no_key_in_the_log(rig, channel):
    rig.store.withdraw_credentials()
    rig.store.add_credential(*NEW_KEYS)
    scan = Scan(rig)
    rig.store.wait_for(refused)
    assert said(channel, message()) == "accepted"
    scan.end()
    for secret in (*NEW_KEYS, rig.store.key, rig.store.secret):
        assert secret not in rig.worker.process.log()


def test_the_actions_in_order(channel):
    answer = channel.finish(channel.start("ListActions"))
    listed = [tuple(wire.fields(m)[n][0].decode() for n in (1, 2)) for m in answer.messages]
    assert listed == [("health_check", "Check worker health"),
                      ("refresh_credentials", "Accept refreshed S3 credentials from coordinator")]

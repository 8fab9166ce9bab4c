"""The faulty store itself: that it is honest until told otherwise, its rules, its door, and what it remembers.

No worker takes part. Who signs is botocore or Arrow's S3 client, which share nothing with the store.
"""
import socket
import ssl
import time

import pytest
from servers.faulty_store import faults
from support import certificates
from support.raw_s3 import answer_to, ask, code_of, connect, heard, received, signed

BODY = bytes(range(256)) * 40


@pytest.fixture
def store(origin):
    origin.put("b", "k", BODY)
    return origin


@pytest.fixture(scope="module")
def certificate(scratch):
    return certificates.self_signed(scratch)


class TestHonesty:
    @pytest.mark.parametrize("text, first, last", [
        ("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19), ("bytes=10200-", 10200, 10239), ("bytes=-5", 10235, 10239),
        ("bytes=10000-99999", 10000, 10239), ("bytes=-99999", 0, 10239)])
    def test_ranges(self, store, text, first, last):
        status, fields, body = ask(store, "/b/k", fields=[("Range", text)])
        assert (status, body) == (206, BODY[first:last + 1])
        assert fields["content-range"] == "bytes %d-%d/%d" % (first, last, len(BODY))

    @pytest.mark.parametrize("text", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
    def test_ranges_past_the_end(self, store, text):
        answer = ask(store, "/b/k", fields=[("Range", text)])
        assert code_of(answer) == (416, "InvalidRange") and answer[1]["content-range"] == "bytes */10240"

    def test_conditions(self, store):
        _, fields, _ = ask(store, "/b/k")
        etag, modified = fields["etag"], fields["last-modified"]
        assert ask(store, "/b/k", fields=[("If-Match", etag)])[0] == 200
        assert ask(store, "/b/k", fields=[("If-None-Match", etag)])[0] == 304
        assert ask(store, "/b/k", fields=[("If-Modified-Since", modified)])[0] == 304
        store.put("b", "k", BODY + b"more")
        assert code_of(ask(store, "/b/k", fields=[("If-Match", etag)])) == (412, "PreconditionFailed")
        assert ask(store, "/b/k", fields=[("If-Unmodified-Since", modified)])[0] == 412
        assert ask(store, "/b/k", fields=[("If-None-Match", etag)])[1]["last-modified"] > modified

    def test_missing(self, store):
        store.delete("b", "gone")
        assert code_of(ask(store, "/b/gone")) == (404, "NoSuchKey")
        assert code_of(ask(store, "/nobody/k")) == (404, "NoSuchBucket")

    def test_one_connection_carries_many_requests(self, store):
        with connect(store) as sock:
            sock.sendall(signed(store, "/b/k") + signed(store, "/b/k", "HEAD") + signed(store, "/b/k", fields=[("Connection", "close")]))
            octets, end = received(sock)
        assert (octets.count(b"HTTP/1.1 200 OK"), octets.count(BODY), end) == (3, 2, "closed")
        assert [(r.connection, r.before) for r in store.requests] == [(1, 0), (1, 1), (1, 2)]


class TestRules:
    def test_a_script_is_played_in_order(self, store):
        store.put("b", "other", BODY)
        store.script(faults.slow_down(), None, faults.internal_error(), times=2, key="k")
        assert [ask(store, "/b/k")[0] for _ in range(7)] == [503, 200, 500, 503, 200, 500, 200]
        assert ask(store, "/b/other")[0] == 200
        assert store.counts()["faults"] == {"SlowDown": 2, "InternalError": 2}

    def test_rules_are_asked_in_turn_and_forgotten(self, store):
        store.script(faults.access_denied(), method="HEAD", times=None)
        store.script(faults.gateway_timeout(), first_from=1000, times=None)
        store.script(faults.bad_gateway(), first_below=10, reused=False, times=None)
        assert ask(store, "/b/k", fields=[("Range", "bytes=1000-")])[0] == 504
        assert ask(store, "/b/k", fields=[("Range", "bytes=10-")])[0] == 206
        with connect(store) as sock:
            for status in (502, 200):
                sock.sendall(signed(store, "/b/k"))
                assert answer_to(sock)[0] == status
        store.clear_faults()
        assert ask(store, "/b/k")[0] == 200

    def storm(self, store, seed, order):
        """What each of twenty ranges meets, three times over, when they are asked in this order."""
        store.reset()
        store.put("b", "k", BODY)
        store.storm(seed, 0.5, faults.slow_down(), faults.Close("body", None), faults.ShorterRange(3))
        met = {}
        for part in order * 3:
            met.setdefault(part, []).append(heard(store, part=(part, part + 99), closing=True)[0].partition(b"\r\n\r\n")[2])
        return met

    def test_a_storm_follows_from_its_seed(self, store):
        there, back = list(range(0, 2000, 100)), list(range(1900, -1, -100))
        once = self.storm(store, 7, there)
        assert 0 < store.counts()["faults"]["SlowDown"] < 60
        assert once == self.storm(store, 7, back)
        assert once != self.storm(store, 8, there)

    def test_a_storm_lets_through_in_the_end(self, store):
        store.storm(1, 1, faults.slow_down(), times=2)
        assert [ask(store, "/b/k")[0] for _ in range(4)] == [503, 503, 200, 200]

    def test_what_is_no_rule_is_told(self, store):
        with pytest.raises(ValueError, match="without faults"):
            store.script()
        with pytest.raises(ValueError, match="coulour"):
            store.script(faults.slow_down(), coulour="red")


class TestDoor:
    def test_refused_and_open_again(self, store):
        store.set_door("refuse")
        with pytest.raises(ConnectionRefusedError):
            connect(store)
        store.set_door("refuse", 0.05)
        end = time.monotonic() + 5
        while True:
            try:
                assert ask(store, "/b/k")[0] == 200
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.01)

    def test_full(self, store):
        store.set_door("full")
        with pytest.raises(TimeoutError):
            connect(store, 0.2)
        store.set_door("open")
        assert ask(store, "/b/k")[0] == 200
        assert store.counts()["accepted"] == 1

    def test_ignored(self, store):
        store.set_door("ignore")
        with connect(store, 0.1) as sock:
            sock.sendall(signed(store, "/b/k"))
            with pytest.raises(TimeoutError):
                sock.recv(1)
            store.set_door("open")
            sock.settimeout(5)
            assert answer_to(sock)[0] == 200

    def test_reset(self, store):
        store.set_door("reset")
        with pytest.raises(ConnectionResetError), connect(store) as sock:
            sock.recv(1)

    def test_connections_are_dropped(self, store):
        with connect(store) as sock:
            sock.sendall(signed(store, "/b/k"))
            answer_to(sock)
            assert store.drop_connections() == 1
            assert received(sock)[1] in ("reset", "closed")


class TestTLS:
    def test_versions(self, start_store, certificate):
        store = start_store(certificate=certificate, tls_min="1.3")
        store.put("b", "k", BODY)
        assert ask(store, "/b/k", certificate=certificate)[2] == BODY
        with pytest.raises(ssl.SSLError):
            connect(store, certificate=certificate, tls_max=ssl.TLSVersion.TLSv1_2)
        counts = store.counts()
        assert (counts["tls_versions"], counts["handshakes_failed"]) == (["TLSv1.3"], 1)

    @pytest.mark.parametrize("fault, end", [
        (faults.Reset("body", 5), "reset"), (faults.Close("body", 5), "closed"), (faults.Close("body", 5, alert=False), "cut")])
    def test_ends(self, start_store, certificate, fault, end):
        store = start_store(certificate=certificate, tls_max="1.2")
        store.put("b", "k", BODY)
        store.script(fault)
        with connect(store, certificate=certificate) as sock:
            sock.sendall(signed(store, "/b/k"))
            octets, how = received(sock)
        assert (octets.partition(b"\r\n\r\n")[2], how) == (BODY[:5], end)


def test_a_reset_forgets(store):
    before = store.port
    store.script(faults.slow_down(), times=None)
    store.set_door("refuse")
    store.reset()
    assert store.port != before and code_of(ask(store, "/b/k")) == (404, "NoSuchBucket")
    assert len(store.requests) == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", before), 1)


def test_it_ends_when_told(start_store):
    store = start_store()
    store.put("b", "k", BODY)
    store.script(faults.Stall())
    with connect(store) as sock:
        sock.sendall(signed(store, "/b/k"))
        store.wait_for(len)
        assert store.process.stop() == 0
        assert received(sock)[0] == b""

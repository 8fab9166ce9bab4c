"""The faulty store itself: what it lets in, that it is honest until told otherwise, and what it remembers.

No worker takes part. Who signs is botocore or Arrow's S3 client, which share nothing with the store.
"""
import email.utils
import socket
import ssl
import time

import pytest
from servers.faulty_store import faults
from support import certificates
from support.faulty_store import FaultyStore
from support.raw_s3 import answer_to, ask, connect, heard, received, signed

BODY = bytes(range(256)) * 40
ODD_KEYS = ["with space+plus%20", "ä/日本語🙂", "a//b/../c", "~tilde=1&2", "q?a#b"]


@pytest.fixture
def store(origin):
    origin.put("b", "k", BODY)
    return origin


@pytest.fixture(scope="module")
def _guarded(scratch):
    running = FaultyStore(scratch, session_token="a/session+token==")
    yield running
    running.stop()


@pytest.fixture
def guarded(_guarded):
    """A store with a session token, whose refusals are the point."""
    _guarded.reset()
    _guarded.put("b", "k", BODY)
    return _guarded


@pytest.fixture(scope="module")
def certificate(scratch):
    return certificates.self_signed(scratch)


def code_of(answer):
    return answer[0], answer[2].partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


class TestSignatures:
    def test_boto3_is_let_in(self, store):
        import boto3
        from botocore.config import Config
        client = boto3.client("s3", endpoint_url=store.endpoint, region_name=store.region, aws_access_key_id=store.key,
                              aws_secret_access_key=store.secret, config=Config(s3={"addressing_style": "path"}))
        for key in ODD_KEYS:
            store.put("b", key, key.encode())
            assert client.get_object(Bucket="b", Key=key)["Body"].read() == key.encode()
        assert client.head_object(Bucket="b", Key="k")["ContentLength"] == len(BODY)

    def test_arrow_is_let_in(self, guarded):
        from pyarrow import fs
        arrow = fs.S3FileSystem(access_key=guarded.key, secret_key=guarded.secret, session_token=guarded.session_token, scheme="http",
                                endpoint_override="127.0.0.1:%d" % guarded.port, region=guarded.region)
        with arrow.open_input_file("b/k") as file:
            assert file.read_at(100, 5000) == BODY[5000:5100]
        assert not guarded.refusals and guarded.requests[-1].range == "bytes=5000-5099"

    @pytest.mark.parametrize("how", [{}, {"unsigned_payload": True}], ids=["empty-payload", "unsigned-payload"])
    @pytest.mark.parametrize("host, path", [(None, "/b/k"), ("b.s3.test", "/k")], ids=["path-style", "virtual-host"])
    def test_styles(self, guarded, host, path, how):
        assert ask(guarded, path, host=host, **how)[2] == BODY
        assert ask(guarded, path, host=host, secret="x", **how)[0] == 403

    @pytest.mark.parametrize("wrong, code", [
        ({"secret": "x" * 40}, (403, "SignatureDoesNotMatch")), ({"token": "another"}, (400, "InvalidToken")),
        ({"token": ""}, (400, "InvalidToken")), ({"region": "eu-west-1"}, (400, "AuthorizationHeaderMalformed")),
    ])
    def test_wrong_keys(self, guarded, wrong, code):
        assert code_of(ask(guarded, "/b/k", **wrong)) == code
        assert guarded.refusals[-1].refused.startswith(code[1])

    @pytest.mark.parametrize("old, new", [
        (b"GET ", b"HEAD "), (b"/b/k", b"/b/l"), (b"Host: 127", b"Host: x127"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nx-amz-more: 1\r\n"),
        (b"SignedHeaders=host;", b"SignedHeaders="), (b"SignedHeaders=host;x-amz-content-sha256;", b"SignedHeaders=x-amz-content-sha256;host;"),
        (b"/s3/aws4_request", b"/s4/aws4_request"), (b"X-Amz-Date: ", b"X-Amz-Date: 1"), (b"Authorization: ", b"X-Authorization: "),
        (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nX-Amz-Date: 20200101T000000Z\r\n"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nHost: x\r\n"),
        (b"HTTP/1.1\r\n", b"HTTP/1.0\r\n"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nContent-Length: 3\r\n"), (b"Host: ", b"Host : "),
    ])
    def test_tampered_requests(self, guarded, old, new):
        request = signed(guarded, "/b/k")
        assert old in request
        with connect(guarded) as sock:
            sock.sendall(request.replace(old, new, 1))
            assert sock.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 403")
        assert len(guarded.refusals) == 1

    def test_withdrawn_and_new_keys(self, store):
        store.withdraw_credentials()
        assert code_of(ask(store, "/b/k")) == (400, "ExpiredToken")
        store.add_credential(store.key, "another secret", "fresh")
        assert ask(store, "/b/k", secret="another secret", token="fresh")[0] == 200
        assert [r.credential for r in store.requests] == [0, 1]

    def test_clock(self, store):
        store.set_clock(3600)
        status, fields, _ = answer = ask(store, "/b/k")
        assert code_of(answer) == (403, "RequestTimeTooSkewed") and status == 403
        assert 3590 < email.utils.parsedate_to_datetime(fields["date"]).timestamp() - time.time() < 3610
        store.set_clock(-600)
        assert ask(store, "/b/k")[0] == 200

    def test_region_of_a_bucket(self, store):
        store.set_bucket_region("b", "eu-west-1")
        status, fields, _ = ask(store, "/b/k")
        assert (status, fields["x-amz-bucket-region"]) == (301, "eu-west-1")
        assert ask(store, "/b/k", region="eu-west-1")[0] == 200


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

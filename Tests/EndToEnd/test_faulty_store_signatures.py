"""Whom the faulty store lets in: its keys, its clock, its regions and its ways to name a bucket.

No worker takes part. Who signs is botocore or Arrow's S3 client, which share nothing with the store.
"""
import email.utils
import time

import pytest
from support.faulty_store import FaultyStore
from support.raw_s3 import ask, code_of, connect, signed

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


def test_boto3_is_let_in(store):
    import boto3
    from botocore.config import Config
    client = boto3.client("s3", endpoint_url=store.endpoint, region_name=store.region, aws_access_key_id=store.key,
                          aws_secret_access_key=store.secret, config=Config(s3={"addressing_style": "path"}))
    for key in ODD_KEYS:
        store.put("b", key, key.encode())
        assert client.get_object(Bucket="b", Key=key)["Body"].read() == key.encode()
    assert client.head_object(Bucket="b", Key="k")["ContentLength"] == len(BODY)


def test_arrow_is_let_in(guarded):
    from pyarrow import fs
    arrow = fs.S3FileSystem(access_key=guarded.key, secret_key=guarded.secret, session_token=guarded.session_token, scheme="http",
                            endpoint_override="127.0.0.1:%d" % guarded.port, region=guarded.region)
    with arrow.open_input_file("b/k") as file:
        assert file.read_at(100, 5000) == BODY[5000:5100]
    assert not guarded.refusals and guarded.requests[-1].range == "bytes=5000-5099"


@pytest.mark.parametrize("how", [{}, {"unsigned_payload": True}], ids=["empty-payload", "unsigned-payload"])
@pytest.mark.parametrize("host, path", [(None, "/b/k"), ("b.s3.test", "/k")], ids=["path-style", "virtual-host"])
def test_styles(guarded, host, path, how):
    assert ask(guarded, path, host=host, **how)[2] == BODY
    assert ask(guarded, path, host=host, secret="x", **how)[0] == 403


@pytest.mark.parametrize("wrong, code", [
    ({"secret": "x" * 40}, (403, "SignatureDoesNotMatch")), ({"token": "another"}, (400, "InvalidToken")),
    ({"token": ""}, (400, "InvalidToken")), ({"region": "eu-west-1"}, (400, "AuthorizationHeaderMalformed")),
])
def test_wrong_keys(guarded, wrong, code):
    assert code_of(ask(guarded, "/b/k", **wrong)) == code
    assert guarded.refusals[-1].refused.startswith(code[1])


@pytest.mark.parametrize("old, new", [
    (b"GET ", b"HEAD "), (b"/b/k", b"/b/l"), (b"Host: 127", b"Host: x127"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nx-amz-more: 1\r\n"),
    (b"SignedHeaders=host;", b"SignedHeaders="), (b"SignedHeaders=host;x-amz-content-sha256;", b"SignedHeaders=x-amz-content-sha256;host;"),
    (b"/s3/aws4_request", b"/s4/aws4_request"), (b"X-Amz-Date: ", b"X-Amz-Date: 1"), (b"Authorization: ", b"X-Authorization: "),
    (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nX-Amz-Date: 20200101T000000Z\r\n"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nHost: x\r\n"),
    (b"HTTP/1.1\r\n", b"HTTP/1.0\r\n"), (b"HTTP/1.1\r\n", b"HTTP/1.1\r\nContent-Length: 3\r\n"), (b"Host: ", b"Host : "),
])
def test_tampered_requests(guarded, old, new):
    request = signed(guarded, "/b/k")
    assert old in request
    with connect(guarded) as sock:
        sock.sendall(request.replace(old, new, 1))
        assert sock.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 403")
    assert len(guarded.refusals) == 1


def test_withdrawn_and_new_keys(store):
    store.withdraw_credentials()
    assert code_of(ask(store, "/b/k")) == (400, "ExpiredToken")
    store.add_credential(store.key, "another secret", "fresh")
    assert ask(store, "/b/k", secret="another secret", token="fresh")[0] == 200
    assert [r.credential for r in store.requests] == [0, 1]


def test_clock(store):
    store.set_clock(3600)
    status, fields, _ = answer = ask(store, "/b/k")
    assert code_of(answer) == (403, "RequestTimeTooSkewed") and status == 403
    assert 3590 < email.utils.parsedate_to_datetime(fields["date"]).timestamp() - time.time() < 3610
    store.set_clock(-600)
    assert ask(store, "/b/k")[0] == 200


def test_region_of_a_bucket(store):
    store.set_bucket_region("b", "eu-west-1")
    status, fields, _ = ask(store, "/b/k")
    assert (status, fields["x-amz-bucket-region"]) == (301, "eu-west-1")
    assert ask(store, "/b/k", region="eu-west-1")[0] == 200


@pytest.fixture
def regional(start_store):
    """A store whose hosts are each for a region, with a bucket at home in `north` and one in `south`."""
    store = start_store(region="north", domain="s3.*.test")
    store.put("b", "k", BODY)
    store.put("other", "k", BODY)
    store.set_bucket_region("other", "south")
    return store


@pytest.mark.parametrize("host, path, region, says", [
    ("b.s3.north.test", "/k", "north", (200, "")), ("s3.north.test", "/b/k", "north", (200, "")),
    ("other.s3.south.test", "/k", "south", (200, "")), ("s3.south.test", "/other/k", "south", (200, "")),
    ("b.s3.south.test", "/k", "south", (301, "PermanentRedirect")), ("s3.south.test", "/b/k", "south", (301, "PermanentRedirect")),
    ("other.s3.north.test", "/k", "north", (301, "PermanentRedirect")),
    ("b.s3.north.test", "/k", "south", (400, "AuthorizationHeaderMalformed")),
    ("other.s3.north.test", "/k", "south", (400, "AuthorizationHeaderMalformed")),
    ("b.s3.north.test.evil", "/k", "north", (404, "NoSuchBucket")), ("b.s3.a.b.test", "/k", "north", (404, "NoSuchBucket"))])
def test_hosts_of_regions(regional, host, path, region, says):
    """A host serves the buckets of its region only, and only to who signed for it."""
    answer = ask(regional, path, host=host, region=region)
    assert code_of(answer) == says and (says[0] != 200 or answer[2] == BODY)
    assert answer[1].get("x-amz-bucket-region") == {"b": "north", "other": "south"}.get(regional.requests[0].bucket, "north")

"""Each fault of the faulty store, octet by octet over a bare socket."""
import gzip
import re
import time

import pytest
from servers.faulty_store import faults
from support.raw_s3 import ask, connect, heard, signed

BODY = bytes(range(256)) * 40
PART = (1000, 1099)
WANTED = BODY[1000:1100]


@pytest.fixture
def store(origin):
    origin.put("b", "k", BODY)
    return origin


@pytest.fixture
def meet(store):
    """The head, the body and the end of a range's answer under one fault."""
    def under(fault):
        store.clear_faults()
        store.script(fault)
        octets, end = heard(store, part=PART)
        head, _, body = octets.partition(b"\r\n\r\n")
        return head.decode("latin-1"), body, end
    return under


def every_fault():
    made = [getattr(faults, name) for name in faults.__all__]
    made = [m() for m in made if callable(m) and m not in (faults.Case, faults.Fault, faults.Together, faults.fault_of)]
    return [*made, *(faults.Chunked(flaw=f) for f in faults.FLAWS), faults.Together((faults.Chunked(8), faults.Drip(size=5)))]


@pytest.mark.parametrize("fault", every_fault(), ids=lambda f: "%s-%s" % (f.name, getattr(f, "flaw", "")))
def test_each_travels_and_is_survived(store, fault):
    """Asked for a range, for all of it, by HEAD and of an object that is not there."""
    assert faults.fault_of(fault.json()) == fault
    store.script(fault, times=None)
    for path, part, method in (("/b/k", PART, "GET"), ("/b/k", None, "GET"), ("/b/k", None, "HEAD"), ("/b/none", PART, "GET")):
        heard(store, path, part, method, closing=True)
    assert {r.fault for r in store.requests} == {fault.name}


@pytest.mark.parametrize("status, code, fault", [
    (500, "InternalError", faults.internal_error()), (502, "", faults.bad_gateway()), (503, "SlowDown", faults.slow_down()),
    (504, "", faults.gateway_timeout()), (429, "TooManyRequests", faults.too_many_requests()), (400, "RequestTimeout", faults.request_timeout()),
    (403, "AccessDenied", faults.access_denied()), (404, "NoSuchKey", faults.no_such_key()), (404, "NoSuchBucket", faults.no_such_bucket()),
    (400, "ExpiredToken", faults.expired_token()), (400, "InvalidToken", faults.invalid_token()), (416, "InvalidRange", faults.RangeRefused()),
    (403, "RequestTimeTooSkewed", faults.time_too_skewed())])
def test_failures(store, status, code, fault):
    store.script(fault)
    got, _, body = ask(store, "/b/k")
    assert (got, body.count(b"<Code>%s</Code>" % code.encode()) == 1) == (status, bool(code))


def test_retry_after(meet):
    for text in ("0", "3", "-1", "soon", "99999999999999999999"):
        assert "\r\nRetry-After: %s\r\n" % text in meet(faults.slow_down(retry_after=text))[0]
    assert re.search(r"\r\nRetry-After: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n", meet(faults.slow_down(retry_date=2))[0])
    assert len(meet(faults.internal_error(padding=100_000))[1]) > 100_000


@pytest.mark.parametrize("fault, end", [(faults.Reset, "reset"), (faults.Close, "closed"), (faults.Stall, "open")])
def test_places(meet, fault, end):
    head_length = len(meet(faults.Close("body", 0))[0] + "\r\n\r\n")
    for at, left in ((0, 0), (1, 1), (40, 40), (-1, head_length - 1)):
        head, body, how = meet(fault("head", at))
        assert (len(head), body, how) == (left, b"", end), at
    for at, left in ((0, 0), (1, 1), (37, 37), (-1, 99), (1000, 100)):
        assert meet(fault("body", at))[1:] == (WANTED[:left], end), at


def test_a_stall_ends_with_the_peer(store):
    store.script(faults.Stall("body", 10))
    with connect(store) as sock:
        sock.sendall(signed(store, "/b/k"))
        store.wait_for(lambda seen: seen and seen[0].outcome == "stalled")
    store.wait_for(lambda seen: seen[0].outcome == "left")
    assert store.requests[0].body_sent == 10


@pytest.mark.parametrize("fault, seconds", [
    (faults.Stall("body", 50, seconds=0.1), 0.1), (faults.Stall("head", 0, seconds=0.1), 0.1), (faults.Drip(size=1), 0),
    (faults.Drip(1000, size=10, part="body"), 0.1), (faults.Drip(1000, size=10, part="body", at=50), 0.05)])
def test_late_and_slow(meet, fault, seconds):
    began = time.monotonic()
    assert meet(fault)[1:] == (WANTED, "open")
    assert time.monotonic() - began >= seconds


def test_lengths(meet):
    assert "Content-Length: 103" in meet(faults.ShortBody(3))[0]
    assert meet(faults.ShortBody(3))[1:] == (WANTED, "closed")
    assert meet(faults.LongBody("HTTP/1.1 200"))[1:] == (WANTED + b"HTTP/1.1 200", "open")
    for version in ("HTTP/1.0", "HTTP/1.1"):
        head, body, end = meet(faults.CloseDelimited(version))
        assert head.startswith(version + " 206") and "Content-Length" not in head and (body, end) == (WANTED, "closed")
    assert meet(faults.ConnectionClose())[2] == meet(faults.CloseUnannounced())[2] == "closed"
    assert "Connection: close" not in meet(faults.CloseUnannounced())[0]
    head, body, _ = meet(faults.ContentEncoding())
    assert "Content-Encoding: gzip" in head and gzip.decompress(body) == WANTED


def test_chunked(meet):
    head, body, end = meet(faults.Chunked(64, extension=';a="b"', trailers=("X-T: 1",)))
    assert "Transfer-Encoding: chunked" in head and "Content-Length" not in head and end == "open"
    assert body == b'40;a="b"\r\n' + WANTED[:64] + b'\r\n24;a="b"\r\n' + WANTED[64:] + b"\r\n0\r\nX-T: 1\r\n\r\n"
    good = meet(faults.Chunked(50))[1]
    for flaw in faults.FLAWS:
        assert meet(faults.Chunked(50, flaw=flaw))[1] != good, flaw
    assert meet(faults.Chunked(50, flaw="no-last-chunk"))[2] == "closed"
    assert meet(faults.Together((faults.Chunked(50), faults.Reset("body", 54))))[1:] == (good[:54], "reset")


@pytest.mark.parametrize("fault, field, body", [
    (faults.WrongContentRange(), "bytes 1001-1100/10240", WANTED), (faults.WrongContentRange(0, 9), "bytes 1000-1108/10240", WANTED),
    (faults.WrongContentRange(0, 0, "*"), "bytes 1000-1099/*", WANTED), (faults.WrongContentRange(text="octets"), "octets", WANTED),
    (faults.OtherTotal(-1), "bytes 1000-1099/10239", WANTED), (faults.MissingContentRange(), None, WANTED),
    (faults.OtherRange(-10, -10), "bytes 990-1089/10240", BODY[990:1090]), (faults.OtherRange(0, 10), "bytes 1000-1109/10240", BODY[1000:1110]),
    (faults.ShorterRange(7), "bytes 1000-1006/10240", BODY[1000:1007]), (faults.RangeIgnored(), None, BODY)])
def test_ranges(meet, fault, field, body):
    head, got, end = meet(fault)
    found = re.search(r"Content-Range: (.*)", head)
    assert (found and found[1].strip(), got, end) == (field, body, "open")
    assert "Content-Length: %d" % len(body) in head


def test_versions(meet):
    assert 'ETag: "x"' in meet(faults.OtherEntityTag('"x"'))[0]
    assert "ETag" not in meet(faults.MissingEntityTag())[0] and "Last-Modified" in meet(faults.MissingEntityTag())[0]
    assert "Last-Modified" not in meet(faults.MissingEntityTag(modified=False))[0]
    assert meet(faults.OtherTime(1))[0] != meet(faults.OtherTime(0))[0]
    assert meet(faults.NotModified())[0].startswith("HTTP/1.1 304")


@pytest.mark.parametrize("fault, line", [
    (faults.nul_in_field(), "X-Nul: a\0b"), (faults.space_before_colon(), "X-Space : a"), (faults.folded_field(), "X-Folded: a\r\n b"),
    (faults.length_and_transfer_encoding(), "Transfer-Encoding: chunked"), (faults.TwoLengths(1), "Content-Length: 101"),
    (faults.ContentLength(("-1",)), "Content-Length: -1"), (faults.ContentLength(("100", "100")), "Content-Length: 100\r\nContent-Length: 100"),
    (faults.StatusLine("HTTP/1.1 2x6"), "HTTP/1.1 2x6"), (faults.LargeHead(40_000), "a" * 40_000), (faults.ManyFields(101), "X-100: a")])
def test_heads(meet, fault, line):
    head, body, end = meet(fault)
    assert line in head and (body, end) == (WANTED, "open")


def test_heads_that_are_none(meet):
    assert meet(faults.Garbage("what?")) == ("what?", b"", "closed")
    assert "\r" not in meet(faults.BareLineFeeds())[0].partition("\n\n")[0]
    head, body, _ = meet(faults.Interim(5, field="Link: </>"))
    assert head == "HTTP/1.1 100 Interim\r\nLink: </>" and body.count(b"HTTP/1.1 100") == 4 and body.endswith(WANTED)


def test_redirects(store):
    elsewhere = (faults.Redirect(), faults.Redirect("http://other:1"), faults.Redirect(location="/x"))
    store.script(faults.MovedRegion("eu-west-1"), faults.MovedRegion(None), *elsewhere)
    answers = [ask(store, "/b/k") for _ in range(5)]
    assert [a[0] for a in answers] == [301, 301, 307, 307, 307]
    assert [a[1].get("x-amz-bucket-region") for a in answers[:2]] == ["eu-west-1", None]
    assert [a[1]["location"] for a in answers[2:]] == [store.endpoint + "/b/k", "http://other:1/b/k", "/x"]

"""Answers that are odd and right, and answers that are wrong."""
import pytest
from servers.faulty_store import faults
from support import files
from support.raw_s3 import ask
from support.rig import assert_at_rest, ids
from support.tables import assert_same, table_of


# ---- odd answers that are right -----------------------------------------------------------

GOOD = [
    faults.CloseUnannounced(), faults.ConnectionClose(), faults.CloseDelimited("HTTP/1.0"), faults.CloseDelimited("HTTP/1.1"),
    faults.Drip(size=7, at=-100), faults.Drip(size=8192, part="body"), faults.OtherTime(), faults.Interim(1), faults.Interim(4),
    faults.Interim(1, 103, "Link: </>"), faults.Chunked(100_000), faults.Chunked(777, ';a="b"', ("X-T: 1",)),
    faults.Chunked(flaw="no-last-chunk"), faults.Together((faults.Chunked(3000), faults.Drip(size=1111))),
    faults.Together((faults.CloseDelimited("HTTP/1.1"), faults.LongBody())), faults.ExtraLine("Content-Encoding: identity"), faults.StatusLine("HTTP/1.1 206"), faults.LargeHead(20_000), faults.ManyFields(80),
]


@pytest.mark.parametrize("fault", GOOD, ids=ids)
def test_an_odd_answer_is_as_good_as_another(rig, place, fault):
    rig.store.script(fault, **place)
    outcome = rig.right_rows()
    assert sorted(outcome.ranges) == sorted(rig.plan) and outcome.retries == {}


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_a_part_without_length_ends_with_its_last_octet(rig, place, version):
    """Content-Range has told how much comes: the end of the connection, which does not come, is not waited for."""
    before = _ended_well(rig.worker)
    rig.store.script(faults.Together((faults.CloseDelimited(version), faults.Stall("body", len(rig.octets)))), **place)
    outcome = rig.right_rows()
    assert sorted(outcome.ranges) == sorted(rig.plan) and outcome.retries == {}
    assert _ended_well(rig.worker) - before == len(rig.plan), "a request ended by its time"
    open_ended = next(r for r in outcome.requests if r.fault)
    assert not [r for r in rig.right_rows().requests if r.connection == open_ended.connection]


def _ended_well(worker):
    """How many requests came to their last octet."""
    return sum(n for name, n in worker.metrics().items() if name.startswith("sqe_worker_endpoint_request_seconds_count"))


def test_equal_lengths_are_one(rig):
    rig.store.script(faults.ContentLength((str(rig.tail_length),) * 2), **rig.of_tail())
    assert len(rig.right_rows().requests) == len(rig.plan)


@pytest.mark.parametrize("octets", [1, 1000, 65_000])
def test_a_range_served_in_part_is_continued(rig, place, octets):
    rig.store.script(faults.ShorterRange(octets), **place)
    outcome = rig.right_rows()
    assert len(outcome.requests) == len(rig.plan) + 1 and outcome.retries == {}
    first = next(r for r in outcome.requests if r.fault)
    start = rig.tail_start if first.range.startswith("bytes=-") else rig.groups[0][0]
    assert any(r.range.startswith("bytes=%d-" % (start + octets)) for r in outcome.requests)


def test_all_of_the_object_where_its_beginning_was_asked(rig):
    """The rest is not waited for, and the connection that brings it not used again."""
    rig.store.script(faults.RangeIgnored(), **rig.of_part())
    outcome = rig.right_rows()
    ignored = next(r for r in outcome.requests if r.fault)
    assert not [r for r in rig.right_rows().requests if r.connection == ignored.connection]


def test_a_forged_answer_behind_a_good_one_is_never_read(rig):
    """It fits what the worker will ask for next, down to the version, but for the values."""
    table = files.wide_table(3_000, seed=9)
    octets = files.parquet(table, row_group_size=1_500, compression="none", use_dictionary=False)
    rig.store.put("b", "forged", octets)
    etag = ask(rig.store, "/b/forged")[1]["etag"]
    groups = [(group[0][0], group[-1][1] - 1) for group in files.chunks(octets)]
    forged = "".join(
        "HTTP/1.1 206 Partial Content\r\nETag: %s\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%s" % (
            etag, last + 1 - first, first, last, len(octets), "\0" * (last + 1 - first)) for first, last in groups[:1])
    for size_known in (False, True) * 5:
        rig.store.clear_faults()
        rig.store.script(faults.LongBody(forged), times=None, key="forged")
        sizes = {"file_sizes_bytes": [10 * len(octets)]} if size_known else {}
        outcome = rig.scan(key="forged", **sizes)
        assert outcome.code == "OK", outcome.answer
        assert_same(table, table_of(outcome.answer.messages))
        assert not [r for r in outcome.requests if r.before > 0], "went on with a connection that had more to say"


# ---- answers that are wrong ---------------------------------------------------------------

MALFORMED = [
    (faults.ShortBody(), "wrongRange"), (faults.WrongContentRange(), "Range"), (faults.WrongContentRange(0, -1), "wrongRange"),
    (faults.WrongContentRange(0, 0, "*"), "malformedContentRange"), (faults.WrongContentRange(text="octets 1-2/3"), "malformedContentRange"),
    (faults.WrongContentRange(text="bytes 5-4/9"), "malformedContentRange"),
    (faults.WrongContentRange(text="bytes 0-18446744073709551615/18446744073709551616"), "malformedContentRange"),
    (faults.MissingContentRange(), "missingContentRange"), (faults.Multipart(), "missingContentRange"),
    (faults.OtherRange(), "wrongRange"), (faults.OtherRange(-1, 0), "wrongRange"),
    *((faults.Chunked(flaw=flaw), "http") for flaw in faults.FLAWS if flaw != "no-last-chunk"),
    (faults.Garbage(), "controlCharacter"), (faults.Garbage("SSH-2.0-x\r\n\r\n"), "malformedStartLine"),
    (faults.StatusLine(), "malformedStartLine"), (faults.StatusLine("HTTP/1.1 2x6 OK"), "malformedStartLine"),
    (faults.StatusLine("HTTP/1.1 099 OK"), "malformedStartLine"), (faults.StatusLine("ICY 206 OK"), "malformedStartLine"),
    (faults.LargeHead(), "headTooLong"), (faults.ManyFields(), "tooManyFields"), (faults.ManyFields(101), "tooManyFields"),
    (faults.ExtraLine(), "malformedField"), (faults.folded_field(), "malformedField"), (faults.space_before_colon(), "malformedField"),
    (faults.nul_in_field(), "controlCharacter"), (faults.BareLineFeeds(), "bareLineBreak"),
    (faults.TwoLengths(), "malformedContentLength"), (faults.ContentLength(("-1",)), "malformedContentLength"),
    (faults.ContentLength(("+5",)), "malformedContentLength"), (faults.ContentLength(("0x10",)), "malformedContentLength"),
    (faults.ContentLength(("18446744073709551616",)), "malformedContentLength"), (faults.ContentLength(("",)), "malformedContentLength"),
    (faults.length_and_transfer_encoding(), "unsupportedTransferCoding"), (faults.Interim(5), "unexpectedInterimResponse"),
    (faults.Interim(1, 101), "unexpectedInterimResponse"),
]


@pytest.mark.parametrize("fault, says", MALFORMED, ids=lambda v: v if isinstance(v, str) else ids(v))
def test_a_wrong_answer_is_refused_with_its_connection(rig, place, fault, says):
    rig.store.script(fault, **place)
    outcome = rig.refused("UNAVAILABLE", "the store's answer is malformed")
    assert says in outcome.answer.details and outcome.retries == {}
    wrong, = (r for r in outcome.requests if r.fault)
    assert_at_rest(rig.worker)
    assert not [r for r in rig.right_rows().requests if r.connection == wrong.connection], "the connection was used again"


def test_all_of_the_object_where_its_far_end_was_asked(rig):
    table = files.wide_table(40_000)
    rig.store.put("b", "large", files.parquet(table, compression="none", use_dictionary=False))
    rig.store.script(faults.RangeIgnored())
    rig.refused("UNAVAILABLE", "rangeIgnored", key="large")

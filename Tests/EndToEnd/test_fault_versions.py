"""One object, one version; and where the worker goes when it is sent elsewhere."""
import threading

import pytest
from servers.faulty_store import faults
from support.rig import ids, two_groups


# ---- versions -----------------------------------------------------------------------------

@pytest.mark.parametrize("fault", [faults.OtherEntityTag(), faults.OtherTotal(), faults.OtherTotal(-1)], ids=ids)
def test_a_part_of_another_version(rig, fault):
    rig.store.script(fault, **rig.of_part())
    assert rig.refused("ABORTED", "object changed during the scan").retries == {}


def test_a_part_without_its_version(rig):
    rig.store.script(faults.MissingEntityTag(), **rig.of_part())
    rig.refused("UNAVAILABLE", "missingEntityTag")


def test_overwritten_between_two_requests(rig):
    rig.store.script(faults.slow_down(retry_after="1"), **rig.of_part())
    _overwrite_when(rig, lambda requests: any(r.fault for r in requests))
    outcome = rig.refused("ABORTED", "object changed during the scan")
    assert 412 in [r.status for r in outcome.requests]


def test_overwritten_between_a_break_and_what_follows(rig):
    """Octets of both versions must not come together, though their number is right."""
    rig.store.script(faults.Close("body", 100_000), faults.slow_down(retry_after="1"), **rig.of_part())
    _overwrite_when(rig, lambda requests: any(r.fault == "SlowDown" for r in requests))
    outcome = rig.refused("ABORTED", "object changed during the scan")
    assert outcome.requests[-1].range.startswith("bytes=100004-") and outcome.requests[-1].status == 412


def _overwrite_when(rig, reached):
    """Puts another file of the same size in the place of the object, from a thread."""
    _, other = two_groups(seed=6)
    assert len(other) == len(rig.octets) and other != rig.octets

    def run():
        rig.store.wait_for(reached)
        rig.store.put(rig.bucket, rig.key, other)
    threading.Thread(target=run, daemon=True).start()


@pytest.mark.parametrize("fault", [
    faults.MissingEntityTag(), faults.MissingEntityTag(modified=False), faults.OtherEntityTag('W/"1"')], ids=ids)
def test_a_store_without_versions_to_ask_for(rig, fault):
    rig.store.script(fault, times=None)
    outcome = rig.right_rows()
    assert not [r for r in outcome.requests if "if-match" in r.fields]


@pytest.mark.parametrize("fault", [
    faults.Together((faults.MissingEntityTag(), faults.OtherTime())), faults.Together((faults.MissingEntityTag(), faults.OtherTotal())),
    faults.MissingEntityTag(modified=False)], ids=lambda f: f.name)
def test_without_entity_tags_time_and_size_tell_versions_apart(rig, fault):
    rig.store.script(faults.MissingEntityTag(), **rig.of_tail())
    rig.store.script(fault, **rig.of_part())
    rig.store.script(faults.MissingEntityTag(), times=None)
    rig.refused("ABORTED", "object changed during the scan")


# ---- elsewhere ----------------------------------------------------------------------------

def test_a_bucket_in_another_region(rig):
    rig.store.set_bucket_region("b", "eu-west-1")
    outcome = rig.right_rows()
    assert [(r.status, r.region) for r in outcome.requests] == [(301, "us-east-1")] + [(206, "eu-west-1")] * len(rig.plan)


@pytest.mark.parametrize("region, asked", [(None, 1), ("us-east-1", 2), ("not a region", 1)])
def test_a_region_that_leads_nowhere(rig, region, asked):
    rig.store.script(faults.MovedRegion(region), times=None)
    assert len(rig.refused("UNAVAILABLE", "the store redirects (301").requests) == asked


@pytest.mark.parametrize("status", [307, 308])
def test_two_redirects_to_the_same_store(rig, status):
    rig.store.script(*[faults.Redirect(status=status)] * 2)
    assert [r.status for r in rig.right_rows().requests] == [status] * 2 + [206] * len(rig.plan)


def test_three_redirects_are_too_many(rig):
    rig.store.script(faults.Redirect(), times=None)
    assert len(rig.refused("UNAVAILABLE", "the store redirects (307").requests) == 3


@pytest.mark.parametrize("location", ["{other}/b/k", "/b/k", "http://localhost:{port}/b/k", "http://127.0.0.1:{port}/b/other", "", "http://"])
def test_redirects_that_are_not_followed(rig, start_store, location):
    """To another host or port, to another object, to what is no place; the request is signed for nobody else."""
    other = start_store()
    other.put("b", "k", rig.octets)
    rig.store.script(faults.Redirect(location=location.format(other=other.endpoint, port=rig.store.port)), times=None)
    assert len(rig.refused("UNAVAILABLE", "the store redirects (307").requests) == 1
    assert other.counts()["accepted"] == 0


def test_a_clock_that_differs(rig):
    """The store's time is taken over, and known for the scans that follow."""
    rig.store.set_clock(3600)
    assert [r.status for r in rig.right_rows().requests] == [403] + [206] * len(rig.plan)
    assert [r.status for r in rig.right_rows().requests] == [206] * len(rig.plan)
    rig.store.set_clock(-86_400)
    assert [r.status for r in rig.right_rows().requests] == [403] + [206] * len(rig.plan)


def test_a_clock_that_cannot_be_followed(rig):
    rig.store.script(faults.time_too_skewed(), times=None)
    assert len(rig.refused("UNAVAILABLE", "clock differs too much").requests) == 2

"""Buckets named by the host, as at Amazon's endpoints, and signatures over that host checked by somebody else.

The names are Amazon's, of regions that are none. Only the worker finds them, on loopback: nss_wrapper answers its look-ups.
"""
import os
import urllib.parse

import pyarrow as pa
import pytest
from servers.faulty_store import faults
from support import certificates, files, wire
from support.faulty_store import FaultyStore
from support.names import environment_with_hosts, hosts_library, random_keys
from support.rig import Rig, assert_at_rest
from support.worker import Worker, io_uring_denied

NORTH, SOUTH = "test-north-1", "test-south-1"
BUCKET, DOTTED = "lake", "lake.with.dots"
NEVER_A_STORE = {"metadata": "169.254.169.254", "unspecified": "0.0.0.0", "multicast": "224.0.0.1", "mapped": "::ffff:169.254.169.254"}
TOKEN = "a/session+token==with%odd&octets"

if not hosts_library():
    pytest.skip("not installed: libnss-wrapper (scripts/install --tests)", allow_module_level=True)


def host(region, bucket=None):
    return "%ss3.%s.amazonaws.com" % (bucket + "." if bucket else "", region)


@pytest.fixture(scope="module")
def folder(scratch):
    where = os.path.join(scratch, "virtual-hosts")
    os.makedirs(where)
    return where


@pytest.fixture(scope="module")
def authority(folder):
    return certificates.Authority(folder)


@pytest.fixture(scope="module")
def environment(folder, authority):
    """Of a worker that finds the endpoints of two regions, and in both two buckets; others lead where no store ever is."""
    found = {host(region, bucket): "127.0.0.1" for region in (NORTH, SOUTH) for bucket in (None, BUCKET, Rig.bucket)}
    found.update((host(NORTH, bucket), address) for bucket, address in NEVER_A_STORE.items())
    return {"SQE_STORAGE__CA_FILE": authority.path, **environment_with_hosts(folder, found)}


@pytest.fixture(scope="module", params=["io_uring", "epoll"])
def finder(request, server_program, scratch, environment):
    if request.param == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    running = Worker(server_program, scratch, reactor=request.param, env=environment)
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["http", "https"])
def _stores(request, scratch, authority):
    """One store without a session token and one with: the certificate covers one label in front of each region's host."""
    how = {"region": NORTH, "domain": host("*")}
    if request.param == "https":
        names = [star + host(region) for region in (NORTH, SOUTH) for star in ("", "*.")]
        how["certificate"] = authority.issue("regions", hosts=names, addresses=())
    running = {token: FaultyStore(scratch, session_token=token, **how) for token in ("", TOKEN)}
    yield running
    for store in running.values():
        store.stop()


@pytest.fixture
def store(_stores):
    yield from _emptied(_stores[""])


@pytest.fixture(params=["", TOKEN], ids=["no-token", "session-token"])
def store_by_token(request, _stores):
    yield from _emptied(_stores[request.param])


def _emptied(store):
    store.reset()
    yield store
    store.check()


def there(store, region=NORTH, **fields):
    """What a ticket says to reach the store as Amazon's endpoint in a region, its buckets by host."""
    endpoint = "%s://%s:%d" % (urllib.parse.urlsplit(store.endpoint).scheme, host(region), store.port)
    return {"s3_endpoint": endpoint, "s3_region": region, "s3_path_style": False, "s3_allow_http": endpoint.startswith("http:"), **fields}


def hosts_asked(store, requests=None):
    return {r.fields["host"].removesuffix(":%d" % store.port) for r in requests or store.requests}


@pytest.fixture
def rig(finder, store):
    yield Rig(finder, store)
    assert_at_rest(finder)


def test_500_random_keys_signed_right(finder, store_by_token, scan):
    """Each object holds its own number, so that no other can stand in for it."""
    store, keys = store_by_token, random_keys(500, seed=43)
    for start in range(0, len(keys), 50):
        part, bodies = keys[start:start + 50], []
        for number, key in enumerate(part, start):
            bodies.append(files.parquet(pa.table({"number": [number] * 3})))
            store.put(BUCKET, key, bodies[-1])
        places = ["s3://%s/%s" % (BUCKET, key) for key in part]
        got = scan(finder, store, places, file_sizes_bytes=[len(b) for b in bodies], **there(store))
        assert got["number"].to_pylist() == [n for n in range(start, start + len(part)) for _ in range(3)]
    requests = store.requests
    assert hosts_asked(store, requests) == {host(NORTH, BUCKET)}
    assert {r.target for r in requests} == {"/" + urllib.parse.quote(key, safe="/~") for key in keys}


@pytest.mark.parametrize("wrong, code", [
    ({"s3_secret_key": "wrong"}, "UNAUTHENTICATED"), ({"s3_session_token": "none"}, "UNAUTHENTICATED")], ids=["secret", "token"])
def test_wrong_signatures_are_refused(finder, start_store, wrong, code):
    """The checker checked, as it takes part here."""
    store = start_store(region=NORTH, domain=host("*"))
    store.put(BUCKET, "k", b"")
    with wire.Channel(finder.address) as channel:
        assert channel.get(store.ticket(BUCKET + "/k", **there(store, **wrong))).code.name == code
    assert store.refusals and hosts_asked(store) == {host(NORTH, BUCKET)}


def test_the_region_of_a_ticket_may_be_wrong(finder, start_store, sample, scan):
    """The store refuses what is signed for another region than its own, and says which one that is."""
    store = start_store(region=NORTH, domain=host("*"))
    store.put(BUCKET, "k", sample[1])
    assert scan(finder, store, [BUCKET + "/k"], **there(store, s3_region=SOUTH)).equals(sample[0])
    first, *others = store.requests
    assert (first.status, first.region, bool(first.refused)) == (400, SOUTH, True)
    assert others and {(r.status, r.region, r.refused) for r in others} == {(206, NORTH, "")}
    assert hosts_asked(store) == {host(NORTH, BUCKET)}


@pytest.mark.parametrize("bucket, style, asked", [
    (BUCKET, True, host(NORTH)), (BUCKET, False, host(NORTH, BUCKET)), (DOTTED, False, host(NORTH)), ("Old_Lake", False, host(NORTH))])
def test_where_the_bucket_goes(finder, store, sample, scan, bucket, style, asked):
    """Into the path where the ticket says so, and where no certificate covers the bucket's name as a part of the host."""
    store.put(bucket, "a b/k", sample[1])
    assert scan(finder, store, [bucket + "/a b/k"], **there(store, s3_path_style=style)).equals(sample[0])
    assert hosts_asked(store) == {asked}
    assert {r.target for r in store.requests} == {"/a%20b/k" if asked.startswith(bucket) else "/%s/a%%20b/k" % bucket}


@pytest.mark.parametrize("style", [False, True], ids=["virtual-host", "path-style"])
def test_a_bucket_in_another_region(rig, style):
    """The host there is asked, and signed for."""
    bucket = None if style else rig.bucket
    rig.store.set_bucket_region(rig.bucket, SOUTH)
    outcome = rig.right_rows(**there(rig.store, s3_path_style=style))
    port = ":%d" % rig.store.port
    assert [(r.status, r.region, r.fields["host"]) for r in outcome.requests] == [
        (301, NORTH, host(NORTH, bucket) + port)] + [(206, SOUTH, host(SOUTH, bucket) + port)] * len(rig.plan)


def test_a_redirect_to_the_host_of_another_region(rig):
    """Signed for that region; the bucket is not there, and the answer says so. Without TLS nobody is followed elsewhere."""
    fields, port = there(rig.store), ":%d" % rig.store.port
    rig.store.script(faults.Redirect("%s://%s" % (urllib.parse.urlsplit(rig.store.endpoint).scheme, host(SOUTH, rig.bucket) + port)))
    if fields["s3_allow_http"]:
        assert len(rig.refused("UNAVAILABLE", "the store redirects (307", **fields).requests) == 1
        return
    outcome = rig.right_rows(**fields)
    assert [(r.status, r.region) for r in outcome.requests] == [(307, NORTH), (301, SOUTH)] + [(206, NORTH)] * len(rig.plan)
    assert hosts_asked(rig.store, outcome.requests[1:2]) == {host(SOUTH, rig.bucket)}
    assert hosts_asked(rig.store, outcome.requests[2:]) == {host(NORTH, rig.bucket)}


def test_a_region_without_a_host(rig):
    rig.store.script(faults.MovedRegion("test-nowhere-1"), times=None)
    rig.refused("UNAVAILABLE", "cannot resolve %s" % host("test-nowhere-1", rig.bucket), **there(rig.store))


@pytest.mark.parametrize("bucket", NEVER_A_STORE)
def test_names_that_lead_where_no_store_is(finder, store, bucket):
    with wire.Channel(finder.address) as channel:
        answer = channel.get(store.ticket(bucket + "/k", **there(store)))
    assert (answer.code.name, answer.details.count("%s:%d is not allowed" % (host(NORTH, bucket), store.port))) == ("PERMISSION_DENIED", 1)


@pytest.mark.parametrize("reactor", ["io_uring", "epoll"])
def test_endpoints_that_are_listed(start_worker, environment, store, reactor):
    """A bucket named by the host is a name below the endpoint's, and so are buckets of another region below that one's."""
    listed = "*." + host(NORTH)
    rig = Rig(start_worker(reactor=reactor, env={**environment, "SQE_STORAGE__ALLOWED_ENDPOINTS": listed}), store)
    rig.right_rows(**there(store))
    seen = store.counts()["requests"]
    rig.refused("PERMISSION_DENIED", "%s:%d is not allowed" % (host(NORTH), store.port), **there(store, s3_path_style=True))
    assert store.counts()["requests"] == seen
    store.set_bucket_region(rig.bucket, SOUTH)
    outcome = rig.refused("PERMISSION_DENIED", "%s:%d is not allowed" % (host(SOUTH, rig.bucket), store.port), **there(store))
    assert [r.status for r in outcome.requests] == [301]

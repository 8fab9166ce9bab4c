"""Odd keys and endpoints, and signatures checked by somebody else."""
import os
import socket

import pyarrow as pa
import pytest
from support.names import random_keys
from support.tables import assert_same

ODD_KEYS = [
    "with space.parquet", "two  spaces/and a tab-free name.parquet", "plus+plus.parquet", "100%.parquet", "already%20escaped.parquet",
    "a=b/dt=2024-01-01/part.parquet", "umlaut-äöü/日本語.parquet", "emoji-🙂.parquet", "tilde~dash-dot._.parquet", "amp&and,comma;semi:colon@at!$'()*.parquet",
    "question?mark.parquet", "hash#mark.parquet", "brackets[1]{2}.parquet", "back\\slash.parquet", 'quote".parquet', "caret^grave`pipe|.parquet", "<less>.parquet",
]
# As keys of an object store these are names like any other; a file system or moto's router sees more in them.
ONLY_OBJECTS = ["a/../b.parquet", "./dot.parquet", "a//b.parquet", "trailing/..", "a/./b.parquet"]
# moto's web server takes these for something else.
NOT_AT_MOTO = {"back\\slash.parquet"}


@pytest.mark.parametrize("key", [k for k in ODD_KEYS if k not in NOT_AT_MOTO])
def test_at_moto(worker, moto, sample, scan, key):
    moto.put("bench", "odd/" + key, sample[1])
    assert_same(sample[0], scan(worker, moto, ["bench/odd/" + key]))


@pytest.fixture(scope="module")
def own_nginx(scratch):
    from servers.nginx import Nginx
    root = os.path.join(scratch, "odd-root")
    os.makedirs(root, exist_ok=True)
    running = Nginx(root, scratch)
    yield running
    running.stop()


@pytest.mark.parametrize("key", ODD_KEYS)
def test_at_nginx(worker, own_nginx, sample, scan, key):
    path = os.path.join(own_nginx.root, "bench", "odd", key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(sample[1])
    assert_same(sample[0], scan(worker, own_nginx, ["bench/odd/" + key]))


@pytest.mark.parametrize("key", ODD_KEYS + ONLY_OBJECTS)
def test_at_our_origin(worker, origin, sample, scan, key):
    origin.put("b", key, sample[1])
    assert_same(sample[0], scan(worker, origin, ["b/" + key]))
    assert {r.key for r in origin.requests} == {key}


@pytest.mark.slow
@pytest.mark.parametrize("key", ODD_KEYS)
def test_at_radosgw(worker, radosgw, sample, scan, key):
    radosgw.put("bench", "odd/" + key, sample[1])
    assert_same(sample[0], scan(worker, radosgw, ["bench/odd/" + key]))


@pytest.mark.parametrize("token", ["", "a/session+token==with%odd&octets"], ids=["no-token", "session-token"])
def test_500_random_keys_signed_right(worker, start_store, sample, scan, token):
    store = start_store(session_token=token)
    keys = random_keys(500, seed=42)
    for key in keys:
        store.put("bucket.with-dots", key, sample[1])
    for start in range(0, len(keys), 50):
        part = keys[start:start + 50]
        got = scan(worker, store, ["bucket.with-dots/" + k for k in part], ["id"], file_sizes_bytes=[len(sample[1])] * len(part))
        assert_same(pa.concat_tables([sample[0].select(["id"])] * len(part)), got)
    store.check()
    assert {r.key for r in store.requests} == set(keys)


@pytest.mark.parametrize("wrong, code", [
    (dict(s3_secret_key="wrong"), "UNAUTHENTICATED"), (dict(s3_access_key="AKIDX"), "UNAUTHENTICATED"),
    (dict(s3_session_token=""), "UNAUTHENTICATED"), (dict(s3_session_token="u"), "UNAUTHENTICATED"),
], ids=["secret", "key", "no-token", "token"])
def test_wrong_signatures_are_refused(channel, start_store, sample, wrong, code):
    """The checker checked: without this, a checker that accepts all would pass for a right signer."""
    store = start_store(session_token="t")
    store.put("b", "k", sample[1])
    assert channel.get(store.ticket("b/k", **wrong)).code.name == code
    assert store.refusals


def test_a_wrong_region_is_refused_and_put_right(worker, start_store, sample, scan):
    """The store says which one is right; it is asked once more, signed for that."""
    store = start_store()
    store.put("b", "k", sample[1])
    assert_same(sample[0], scan(worker, store, ["b/k"], s3_region="eu-west-1"))
    refused = [r for r in store.requests if r.refused]
    assert [(r.status, r.region) for r in refused] == [(400, "eu-west-1")] and len(store.refusals) == 1


def test_endpoint_by_ipv6_address(worker, start_store, sample, scan):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on loopback")
    store = start_store(host="::1")
    store.put("b", "k", sample[1])
    assert_same(sample[0], scan(worker, store, ["b/k"]))
    store.check()


@pytest.mark.parametrize("endpoint", ["http://localhost:%d", "http://localhost:%d/", "http://127.0.0.1:%d/"])
def test_endpoint_by_name(worker, origin, sample, scan, endpoint):
    origin.put("b", "k", sample[1])
    assert_same(sample[0], scan(worker, origin, ["b/k"], s3_endpoint=endpoint % origin.port))

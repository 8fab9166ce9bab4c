"""file:// tickets, below the root the operator configured and nowhere else."""
import os

import pytest
from support import tickets, wire
from support.tables import assert_same


class Nowhere:
    """A file:// ticket names no object store."""
    endpoint = key = secret = session_token = region = ""


@pytest.fixture(scope="module", params=["io_uring", "epoll"])
def rooted(request, server_program, scratch, sample):
    from support.worker import Worker, io_uring_denied
    if request.param == "io_uring" and io_uring_denied():
        pytest.skip("no io_uring on this machine")
    root = os.path.join(scratch, "root-" + request.param)
    os.makedirs(os.path.join(root, "a", "deep er"))
    for name in ("a/b.parquet", "a/deep er/c+d%20é.parquet"):
        with open(os.path.join(root, name), "wb") as f:
            f.write(sample[1])
    outside = os.path.join(scratch, "outside-%s.parquet" % request.param)
    with open(outside, "wb") as f:
        f.write(sample[1])
    os.symlink(outside, os.path.join(root, "link-out.parquet"))
    os.symlink("..", os.path.join(root, "up"))
    os.mkfifo(os.path.join(root, "pipe.parquet"))
    running = Worker(server_program, scratch, reactor=request.param, local_root=root)
    running.outside = os.path.basename(outside)
    yield running
    running.stop()


@pytest.mark.parametrize("path", ["file:///a/b.parquet", "file:///a/deep er/c+d%20é.parquet"])
def test_below_the_root(rooted, sample, scan, path):
    assert_same(sample[0], scan(rooted, Nowhere, [path]))


def test_the_whole_set(start_worker, data, scan):
    worker = start_worker(local_root=data.root)
    assert_same(data.table("snappy"), scan(worker, Nowhere, ["file:///" + f for f in data.files("snappy")]))
    assert_same(data.table("types"), scan(worker, Nowhere, ["file:///" + f for f in data.files("types")]))


def test_no_escape(rooted):
    paths = ["file:///../%s" % rooted.outside, "file:///a/../../%s" % rooted.outside, "file:///link-out.parquet", "file:///up/%s" % rooted.outside,
             "file:///a", "file:///", "file://", "file://elsewhere/a/b.parquet", "file:///pipe.parquet", "file:///a/b.parquet\x00.txt"]
    with wire.Channel(rooted.address) as channel:
        for path in paths:
            answer = channel.get(tickets.encoded(tickets.scan_task(Nowhere, [path])), timeout=10)
            assert answer.code.name == "INVALID_ARGUMENT", (path, answer)


def test_missing(rooted):
    with wire.Channel(rooted.address) as channel:
        assert channel.get(tickets.encoded(tickets.scan_task(Nowhere, ["file:///a/nobody.parquet"]))).code.name == "NOT_FOUND"


def test_without_a_root(channel):
    assert channel.get(tickets.encoded(tickets.scan_task(Nowhere, ["file:///a/b.parquet"]))).code.name == "INVALID_ARGUMENT"

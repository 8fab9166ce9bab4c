"""Servers, data and workers the tests share. Every process started here is ended here, by its id."""
import os
import shutil
import sys
import tempfile

# Its handlers run in every child between fork and exec, and have ended one there.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import pytest  # noqa: E402

sys.path.insert(0, os.path.dirname(__file__))

from data import write  # noqa: E402
from servers.moto import Moto  # noqa: E402
from servers.nginx import Nginx  # noqa: E402
from servers.radosgw import RadosGateway, missing_programs  # noqa: E402
from support import files, paths, tickets, wire  # noqa: E402
from support.faulty_store import FaultyStore  # noqa: E402
from support.rig import Rig, assert_at_rest  # noqa: E402
from support.shelf import Shelf  # noqa: E402
from support.worker import Worker, io_uring_denied  # noqa: E402

BUCKET = "bench"
_notes = []


def pytest_addoption(parser):
    parser.addoption("--rows", type=int, default=300_000, help="rows of the lineitem sets read through moto")
    parser.addoption("--full", action="store_true", help="also the 6,000,000-row set, and more random files and mutants")
    parser.addoption("--soak", type=float, default=0.25, metavar="MINUTES", help="how long the storm of failing requests lasts")
    parser.addoption("--slow", action="store_true", help="also Ceph's radosgw as the object store")


def pytest_collection_modifyitems(config, items):
    for item in items:
        if "soak" in item.keywords:
            item.add_marker(pytest.mark.timeout(config.getoption("--soak") * 60 + 120))
    for name in ("full", "slow"):
        if not config.getoption("--" + name):
            for item in items:
                if name in item.keywords:
                    item.add_marker(pytest.mark.skip(reason="only with --" + name))


def pytest_terminal_summary(terminalreporter):
    if _notes:
        terminalreporter.section("measured and noted")
        for note in _notes:
            terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def note():
    """Says something in the summary at the end."""
    return _notes.append


@pytest.fixture(scope="session")
def scratch():
    where = tempfile.mkdtemp(prefix="sqe-end-to-end-")
    yield where
    shutil.rmtree(where, ignore_errors=True)


# ---- programs -------------------------------------------------------------

def _program(name, variable):
    path = paths.product(name, variable)
    if path is None:
        pytest.exit("no %s: build it with `swift build -c release --product %s`, or set %s" % (name, name, variable), returncode=1)
    return path


@pytest.fixture(scope="session")
def server_program():
    return _program("sqe-server", "SQE_SERVER")


@pytest.fixture(scope="session")
def cli_program():
    return _program("sqe-cli", "SQE_CLI")


def _need(reactor):
    why = io_uring_denied() if reactor == "io_uring" else None
    if why:
        pytest.skip("no io_uring on this machine: " + why)


@pytest.fixture(scope="session", params=["io_uring", "epoll"])
def worker(request, server_program, scratch):
    """A worker with two cores, on each kind of reactor in turn."""
    _need(request.param)
    running = Worker(server_program, scratch, reactor=request.param)
    yield running
    running.stop()


@pytest.fixture(scope="session", params=[(r, c) for r in ("io_uring", "epoll") for c in (1, 2)], ids=lambda p: "%s-%d" % p)
def worker_by_cores(request, server_program, scratch):
    _need(request.param[0])
    running = Worker(server_program, scratch, reactor=request.param[0], cores=request.param[1])
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shelf(server_program, scratch):
    """A folder of files beside a worker that keeps dictionaries; the tests of odd files share both."""
    root = os.path.join(scratch, "shelf")
    os.makedirs(root)
    origin = Nginx(root, scratch)
    one = Shelf(root, origin, lambda: Worker(server_program, scratch, env={"SQE_PARQUET__KEEP_DICTIONARIES": "true"}))
    yield one
    one.close()
    origin.stop()


@pytest.fixture
def start_worker(server_program, scratch):
    """Starts workers with options of the test's own; they end with the test."""
    started = []

    def start(**options):
        started.append(Worker(server_program, scratch, **options))
        return started[-1]
    yield start
    for running in started:
        running.stop()


@pytest.fixture
def channel(worker):
    with wire.Channel(worker.address) as one:
        yield one


# ---- data and origins -----------------------------------------------------

class Data:
    """The generated files, below root/<bucket>/, and what pyarrow reads from them."""

    def __init__(self, root):
        self.root, self._tables = root, {}

    def files(self, variant):
        return [os.path.join(BUCKET, f) for f in write.files_of(os.path.join(self.root, BUCKET), variant)]

    def sizes(self, variant):
        return [os.path.getsize(os.path.join(self.root, f)) for f in self.files(variant)]

    def table(self, name):
        """pyarrow's own reading of one file, or of all files of a variant."""
        if name not in self._tables:
            files_ = [name] if name.endswith(".parquet") else self.files(name)
            self._tables[name] = pa.concat_tables(pq.ParquetFile(os.path.join(self.root, f)).read() for f in files_)
        return self._tables[name]

    def forget(self, name):
        """Gives a table's memory back."""
        self._tables.pop(name, None)


@pytest.fixture(scope="session")
def data(request):
    rows = request.config.getoption("--rows")
    root = os.path.join(paths.DATA, "end-to-end-%d" % rows)
    where = os.path.join(root, BUCKET)
    for variant in write.LINEITEM:
        full = variant == "snappy"
        write.write_lineitem(where, variant, rows if full else min(rows, 100_000), files=3 if full else 1,
                             row_group_size=max(rows // 6, 1000))
    for variant in write.TYPES:
        write.write_types(where, variant, 10_000)
    return Data(root)


@pytest.fixture(scope="session")
def full_data():
    """Six million rows, as the benchmarks use them."""
    root = os.path.join(paths.DATA, "full")
    for variant in ("snappy", "zstd", "none", "nulls"):
        write.write_lineitem(os.path.join(root, BUCKET), variant, 6_000_000, files=4)
    return Data(root)


@pytest.fixture(scope="session")
def moto(data, scratch):
    """An S3 that checks signatures and holds the data."""
    running = Moto(scratch)
    running.put_folder(data.root)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def nginx(data, scratch):
    running = Nginx(data.root, scratch)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def radosgw(scratch):
    if missing_programs():
        pytest.skip("not installed: %s (scripts/install --slow)" % ", ".join(missing_programs()))
    running = RadosGateway(scratch)
    running.make_bucket(BUCKET)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _origin(scratch):
    running = FaultyStore(scratch)
    yield running
    running.stop()


@pytest.fixture
def origin(_origin):
    """Our own store: recomputes signatures and has faults to order. Empty, on a port of its own for each test, at the end of
    which nothing may have been refused."""
    yield _origin
    try:
        _origin.check()
    finally:
        _origin.reset()


@pytest.fixture
def start_store(scratch):
    """Starts faulty stores with options of the test's own; they end with the test."""
    started = []

    def start(**options):
        started.append(FaultyStore(scratch, **options))
        return started[-1]
    yield start
    for running in started:
        running.stop()


@pytest.fixture
def rig(worker, origin):
    """The worker and our own store with an object; at the end no call may be open and no memory lent."""
    yield Rig(worker, origin)
    assert_at_rest(worker)


@pytest.fixture(params=["tail", "part"])
def place(request, rig):
    """Which request meets a fault; what narrows a rule to it."""
    return rig.of_tail() if request.param == "tail" else rig.of_part()


@pytest.fixture(scope="session")
def sample():
    """A small table and its Parquet file."""
    octets = files.parquet(files.sample_table())
    return files.read(octets), octets


# ---- scanning -------------------------------------------------------------

@pytest.fixture(scope="session")
def scan():
    """Reads a ticket through pyarrow's Flight client to a table."""
    def run(worker, source, objects, columns=(), seconds=90, **fields):
        return worker.read(tickets.encoded(tickets.scan_task(source, objects, columns, **fields)), seconds)
    return run

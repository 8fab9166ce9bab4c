"""A worker on one core, an object store on another, and the files that scans read: what latency.py and profile measure.

Everything listens on loopback and is ended by its own id. Data and logs are in .data/perf.
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Tests", "EndToEnd"))
from data import write  # noqa: E402
from servers.nginx import Nginx  # noqa: E402
from support import tickets  # noqa: E402
from support.worker import Worker  # noqa: E402

FOLDER = os.path.join(ROOT, ".data", "perf")
SERVER = os.environ.get("SQE_SERVER") or os.path.join(ROOT, ".build", "release", "sqe-server")
SMALL_ROWS = 10_000
SMALL_COLUMNS = ("l_orderkey", "l_quantity", "l_shipdate", "l_comment")


def cores():
    """One for the server and one for its clients; the same where the machine grants only one."""
    granted = sorted(os.sched_getaffinity(0))
    return granted[0], granted[-1]


class on_core:
    """What is started inside is pinned to the core; with a priority, it also runs before all that has none, where allowed."""

    def __init__(self, core, priority=0):
        self._core, self._priority = core, priority

    def __enter__(self):
        self._before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self._core})
        if self._priority:
            try:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(self._priority))
            except PermissionError:
                self._priority = 0

    def __exit__(self, *_):
        os.sched_setaffinity(0, self._before)
        if self._priority:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _made(bucket, variant, rows, files):
    """Objects and their sizes, written once."""
    write.write_lineitem(os.path.join(FOLDER, bucket), variant, rows, files)
    names = [os.path.join(bucket, name) for name in write.files_of(os.path.join(FOLDER, bucket), variant)]
    return names, [os.path.getsize(os.path.join(FOLDER, name)) for name in names]


class Stand:
    """Worker and store, running.

    `full` is the ticket of a scan of all rows of lineitem in four files; `small` of four columns of 10,000 rows in one file.
    """

    def __init__(self, rows, variant="snappy", reactor=None):
        if not os.path.exists(SERVER):
            raise SystemExit("no %s: build it with `swift build -c release --product sqe-server`" % os.path.relpath(SERVER))
        full, full_sizes = _made("full-%d" % rows, variant, rows, 4)
        small, small_sizes = _made("small", "snappy", SMALL_ROWS, 1)
        self.server_core, self.client_core = cores()
        scratch = os.path.join(FOLDER, "scratch")
        with on_core(self.client_core, priority=5):  # clients that drain must not keep the worker waiting for the store
            self.origin = Nginx(FOLDER, scratch)
        self.full = tickets.encoded(tickets.scan_task(self.origin, full, file_sizes_bytes=full_sizes))
        self.small = tickets.encoded(tickets.scan_task(self.origin, small, SMALL_COLUMNS, file_sizes_bytes=small_sizes))
        try:
            with on_core(self.server_core):
                self.worker = Worker(SERVER, scratch, reactor=reactor, cores=1)
        except BaseException:
            self.origin.stop()
            raise

    def cpu_seconds(self):
        """What the worker has used so far, in the program and in the kernel."""
        with open("/proc/%d/stat" % self.worker.pid) as file:
            words = file.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        try:
            self.worker.stop(5)
        finally:
            self.origin.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

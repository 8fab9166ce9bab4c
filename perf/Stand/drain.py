"""Scans whose answers nobody looks at, so that the worker and not its client is what is busy.

h2load (Debian's nghttp2-client) posts the ticket again as soon as an answer has ended, and drops what it receives: about
a tenth of what a Flight client would spend. Each scan has a connection of its own, as those of different coordinators have.
"""
import os
import shutil
import time

from stand import FOLDER, on_core
from support.processes import Process
from support.wire import SERVICE, ticket_message

# 4 MiB for a stream and 16 MiB for a connection: the worker waits for the socket, never for permission.
_WINDOWS = ["--window-bits", "22", "--connection-window-bits", "24"]


class Drain:
    """`scans` full scans at a time, over and over, until `stop`, at most `seconds` long."""

    def __init__(self, stand, scans, seconds):
        program = shutil.which("h2load")
        if not program:
            raise SystemExit("h2load is not installed; run scripts/install --tests")
        self._stand, self.scans = stand, scans
        message = ticket_message(stand.full)
        scratch = os.path.join(FOLDER, "scratch")
        body = os.path.join(scratch, "ticket-%d" % stand.worker.port)
        with open(body, "wb") as file:
            file.write(b"\0" + len(message).to_bytes(4, "big") + message)
        with on_core(stand.client_core):
            self._process = Process(
                [program, "-D", int(seconds) + 1, "-c", scans, "-m", 1, *_WINDOWS, "-d", body, "-H", "te: trailers",
                 "-H", "content-type: application/grpc", "http://%s%sDoGet" % (stand.worker.address, SERVICE)],
                os.path.join(scratch, "drain-%d.log" % stand.worker.port))
        try:
            self._wait_for_all()
        except BaseException:
            self.stop()
            raise

    def _wait_for_all(self):
        """Until every scan sends and has done so for a moment."""
        self._stand.worker.wait_for_metric("sqe_worker_open_calls", lambda open_calls: open_calls >= self.scans, 20)
        first = self._stand.worker.metrics()["sqe_worker_batches_sent_total"]
        self._stand.worker.wait_for_metric("sqe_worker_batches_sent_total", lambda sent: sent > first + 2 * self.scans, 30)
        time.sleep(0.2)

    def check(self):
        if self._process.poll() is not None:
            raise SystemExit("the scans have ended early: %s" % self._process.log()[-500:])

    def stop(self):
        self._process.stop()
        for gauge in ("sqe_worker_open_calls", "sqe_worker_pool_lent_bytes"):
            self._stand.worker.wait_for_metric(gauge, lambda value: value == 0, 30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

"""The worker under test, as a child process."""
import ctypes
import os
import re
import sys
import time
import urllib.error
import urllib.request

import pyarrow.flight as flight

from support.paths import END_TO_END
from support.processes import Process, free_port

_IO_URING_SETUP = 425


def io_uring_denied():
    """None when this machine lets a process make an io_uring, else why not."""
    libc = ctypes.CDLL(None, use_errno=True)
    parameters = ctypes.create_string_buffer(120)
    fd = libc.syscall(_IO_URING_SETUP, 4, parameters)
    if fd >= 0:
        os.close(fd)
        return None
    return os.strerror(ctypes.get_errno())


class Worker:
    """A listening worker. Ports are free ones; logs go to a file under `scratch`."""

    def __init__(self, program, scratch, reactor=None, cores=2, secret=None, local_root=None, deny_io_uring=False, extra=(), env=None):
        self.port, self.metrics_port = free_port(), free_port(2)
        words = [program, "--mode", "worker", "--port", self.port, "--cores", cores]
        words += ["--reactor", reactor] if reactor else []
        words += ["--local-root", local_root] if local_root else []
        words += list(extra)
        if deny_io_uring:
            words = [sys.executable, os.path.join(END_TO_END, "support", "without_io_uring.py"), *words]
        settings = {"SQE_METRICS__PROMETHEUS_PORT": str(self.metrics_port)}
        settings["SQE_WORKER__WORKER_SECRET" if secret else "SQE_WORKER__ALLOW_UNAUTHENTICATED"] = secret or "true"
        name = "worker-%s-%s-%d.log" % (reactor or "default", cores, self.port)
        self.process = Process(words, os.path.join(scratch, name), env={**settings, **(env or {})})
        self.address = "127.0.0.1:%d" % self.port
        try:
            self.listening_line = self.process.wait_for_line(r"listening", 20)
        except BaseException:
            self.process.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    def client(self, **options):
        return flight.FlightClient("grpc://" + self.address, **options)

    def read(self, ticket, seconds=60):
        """The whole table of a ticket, through pyarrow's Flight client."""
        with self.client() as client:
            return client.do_get(flight.Ticket(ticket), flight.FlightCallOptions(timeout=seconds)).read_all()

    def metrics(self):
        """Every series without labels, by name; those with labels by name and labels."""
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.metrics_port, timeout=10) as answer:
            text = answer.read().decode()
        return {m[1]: float(m[2]) for m in re.finditer(r"(?m)^([A-Za-z_:][^ #]*) ([-+0-9.eEinfINFNa]+)", text)}

    def metric(self, name):
        return self.metrics()[name]

    def http_status(self, path):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.metrics_port + 1, path), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def wait_for_metric(self, name, accept, seconds=10):
        """The value once `accept` likes it; fails with the last value."""
        end = time.monotonic() + seconds
        while True:
            value = self.metrics()[name]
            if accept(value):
                return value
            assert time.monotonic() < end, "%s stays at %s" % (name, value)
            time.sleep(0.05)

    def resident_bytes(self):
        with open("/proc/%d/status" % self.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) * 1024

    def peak_bytes(self):
        """The most that was ever resident."""
        with open("/proc/%d/status" % self.pid) as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) * 1024

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def alive(self):
        return self.process.poll() is None

    def stop(self, seconds=40):
        return self.process.stop(seconds)

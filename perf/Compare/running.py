"""Processes of a comparison: pinned, counted, and ended by their own ids."""
import contextlib
import json
import os
import re
import select
import subprocess
import sys
import time

import client
import engines
import places
from servers.nginx import Nginx
from support.processes import Process, _die_with_parent, free_port, wait_for_port
from support.worker import Worker

ALL_CORES = os.sched_getaffinity(0)
MEASURED, OTHERS = min(ALL_CORES), max(ALL_CORES)  # the core of what is measured, and of all else


@contextlib.contextmanager
def running_on(allowed):
    """Processes started within run on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid):
    """What a process has used, in the program and in the kernel, by all threads it has and had: the process's own clock."""
    return time.clock_gettime(~pid << 3 | 2)


def thread_seconds(pid):
    """CPU seconds of each thread of a process, by its number."""
    found, folder = {}, "/proc/%d/task" % pid
    for thread in os.listdir(folder):
        with open(os.path.join(folder, thread, "schedstat")) as file:
            found[thread] = int(file.read().split()[0]) / 1e9
    return found


def system_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        return int(file.read().rsplit(")", 1)[1].split()[12]) / os.sysconf("SC_CLK_TCK")


def forget_peak(pid):
    with open("/proc/%d/clear_refs" % pid, "w") as file:
        file.write("5")


def peak_bytes(pid):
    with open("/proc/%d/status" % pid) as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) * 1024


class _Server:
    """A Flight server that says READY."""

    def __init__(self, name, command, env=None):
        """`command` gets the port for the word `PORT`."""
        self.port = free_port()
        self.address = "127.0.0.1:%d" % self.port
        command = [self.port if word == "PORT" else word for word in command]
        self.process = Process(command, os.path.join(places.SCRATCH, name + ".log"), env=env)
        try:
            self.process.wait_for_line("READY", 60)
            wait_for_port(self.port, self.process)
        except BaseException:
            self.process.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.stop(5)


def _peer(engine):
    return _Server(engine, [sys.executable, os.path.join(places.HERE, "peers.py"), engine, "PORT"], engines.KEEP_MEMORY)


def _ready(paths, columns):
    """Our own sending, of batches that it has made of these files before it is asked."""
    if not os.path.exists(places.READY):
        raise SystemExit("%s is missing: swift build -c release --package-path perf" % places.READY)
    wanted = ["--columns", ",".join(columns)] if columns else []
    return _Server("ready", [places.READY, *wanted, "PORT", *paths])


class Client:
    """The draining client, on the core where nothing is measured."""

    def __init__(self):
        with running_on({OTHERS}):
            self._child = subprocess.Popen(
                [sys.executable, os.path.join(places.HERE, "client.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True, env={**os.environ, **engines.KEEP_MEMORY}, preexec_fn=_die_with_parent)

    def drain(self, server, ticket, streams=1, passes=1):
        order = {"address": server.address, "ticket": ticket, "streams": streams, "passes": passes}
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        if not select.select([self._child.stdout], [], [], passes * client.LIMIT_SECONDS + 60)[0]:
            raise SystemExit("the client does not answer")
        answer = json.loads(self._child.stdout.readline() or '{"error": "the client has ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def stop(self):
        self._child.stdin.close()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()


def worker(count=1, env=None):
    """Ours, as it is deployed: no environment helps its allocator."""
    if not os.path.exists(places.WORKER):
        raise SystemExit("%s is missing: swift build -c release --product sqe-server" % places.WORKER)
    return Worker(places.WORKER, places.SCRATCH, cores=count, env=env)


@contextlib.contextmanager
def origin():
    with running_on({OTHERS}):
        server = Nginx(places.DATA, places.SCRATCH)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def servers(names, paths, columns):
    """A server for each of these engines, all on the core of what is measured, and their client: {name: server}, client.

    `paths` and `columns` are what they will be asked for, for those that do not look at a ticket.
    """
    with contextlib.ExitStack() as stack:
        started = {}
        for name in names:
            with running_on({MEASURED}):
                started[name] = worker() if name == "ours" else _ready(paths, columns) if name == "ready" else _peer(name)
            stack.callback(started[name].stop)
        draining = Client()
        stack.callback(draining.stop)
        with running_on({OTHERS}):
            yield started, draining

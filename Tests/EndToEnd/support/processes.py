"""Child processes that cannot outlive the tests, and free ports for them."""
import ctypes
import os
import re
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_port(width=1):
    """The first of `width` neighbouring loopback ports nobody listens on."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        if first + width > 65535:
            continue
        try:
            held = [socket.create_server(("127.0.0.1", first + i)) for i in range(width)]
        except OSError:
            continue
        for s in held:
            s.close()
        return first
    raise RuntimeError("no free ports on loopback")


def wait_for_port(port, process=None, seconds=30, host="127.0.0.1"):
    """Returns when something accepts on the port; raises when the process ends first or time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise RuntimeError("ended with %s before it listened\n%s" % (process.poll(), tail_of(process)))
        try:
            socket.create_connection((host, port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("nothing listens on port %d after %ss\n%s" % (port, seconds, tail_of(process)))


def tail_of(process):
    return process.log()[-2000:] if isinstance(process, Process) else ""


class Process:
    """One child, its output in a file, ended by its own id and nothing else."""

    def __init__(self, command, log_path, env=None, cwd=None):
        self.command = [str(word) for word in command]
        self.log_path = str(log_path)
        os.makedirs(os.path.dirname(self.log_path), exist_ok=True)
        self._sink = open(self.log_path, "wb")
        self._child = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self._sink, stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})}, cwd=cwd, preexec_fn=_die_with_parent)
        self.pid = self._child.pid

    def poll(self):
        return self._child.poll()

    def log(self):
        with open(self.log_path, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def wait_for_line(self, pattern, seconds=30):
        """The first output line that matches; raises when the child ends first or time is up."""
        found = re.compile(pattern)
        end = time.monotonic() + seconds
        while True:
            ended = self.poll() is not None
            for line in self.log().splitlines():
                if found.search(line):
                    return line
            if ended:
                raise RuntimeError("ended with %s before it said %r:\n%s" % (self.poll(), pattern, self.log()[-2000:]))
            if time.monotonic() > end:
                raise TimeoutError("did not say %r in %ss:\n%s" % (pattern, seconds, self.log()[-2000:]))
            time.sleep(0.02)

    def terminate(self):
        if self.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def wait(self, seconds):
        """The exit code; raises subprocess.TimeoutExpired."""
        return self._child.wait(seconds)

    def stop(self, seconds=10):
        """Ends the child, asked first, then killed; returns its exit code."""
        self.terminate()
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait(10)
        self._sink.close()
        return code


def run_until_told(start):
    """For the scripts: runs `start() -> (processes, ready text)` in the foreground until SIGTERM or SIGINT."""
    asked = []
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: asked.append(1))
    processes, ready = start()
    try:
        print(ready, flush=True)
        while not asked and all(p.poll() is None for p in processes):
            time.sleep(0.1)
        return 0 if asked else 1
    finally:
        for p in reversed(processes):
            p.stop()

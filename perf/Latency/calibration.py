"""What the machine itself takes: the units in which latencies of different days and machines are compared.

    calibration.py --measure SECONDS CORE     prints {"trip": [...], "loop": [...]} in microseconds
    calibration.py --serve CORE               the other side of the round trips

A *trip* is one byte to another process on another core and back, over TCP on loopback: system calls, the scheduler, waking a
core. A *loop* is a fixed piece of hashing: the processor alone. A change of the machine moves them; one of the worker does
not.
"""
import hashlib
import json
import os
import socket
import subprocess
import sys
import time

from probe import GAP, first_in_line

_BLOCK = bytes(64 << 10)
_BLOCKS = 32


def _connected(one):
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


def serve(core):
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # as the worker, which has no priority either
    os.sched_setaffinity(0, {core})
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    print(listener.getsockname()[1], flush=True)
    one = _connected(listener.accept()[0])
    while octet := one.recv(1):
        one.send(octet)


def trips(seconds, server_core):
    """Microseconds of round trips, as far apart as the calls that they are compared with."""
    with subprocess.Popen([sys.executable, __file__, "--serve", str(server_core)], stdout=subprocess.PIPE, text=True) as server:
        taken = []
        try:
            with _connected(socket.create_connection(("127.0.0.1", int(server.stdout.readline())), 30)) as one:
                end = time.perf_counter() + seconds
                while time.perf_counter() < end or not taken:
                    began = time.perf_counter()
                    one.send(b"x")
                    one.recv(1)
                    taken.append((time.perf_counter() - began) * 1e6)
                    time.sleep(GAP)
        finally:
            server.kill()
    return taken


def loops(seconds):
    """Microseconds of the fixed work."""
    taken, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or not taken:
        began = time.perf_counter()
        for _ in range(_BLOCKS):
            hashlib.sha256(_BLOCK).digest()
        taken.append((time.perf_counter() - began) * 1e6)
        time.sleep(GAP)  # the kernel would stop a real-time process that never does
    return taken


def main():
    if sys.argv[1] == "--serve":
        return serve(int(sys.argv[2]))
    first_in_line()
    seconds = float(sys.argv[2])
    print(json.dumps({"trip": trips(seconds, int(sys.argv[3])), "loop": loops(seconds)}))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Round trips of DoAction("health_check"), idle and while the same one-core worker streams full scans.

    perf/latency.py [--rows 6000000] [--scans 4] [--calls 2000] [--reactor io_uring|epoll]

The worker has core 0 to itself; origin, draining clients and the probe share core 1, the probe with real-time priority where
that is allowed, so that the clients do not delay it. The calls are 1 ms apart. The data is made by scripts/make-data.
"""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "Tests", "EndToEnd"))
import pyarrow.flight as flight  # noqa: E402
from servers.nginx import Nginx  # noqa: E402
from support.worker import Worker  # noqa: E402


def drain(address, ticket, stop):
    os.sched_setaffinity(0, {1})
    client = flight.connect("grpc://" + address)
    while not stop.is_set():
        for _ in client.do_get(flight.Ticket(ticket)):
            if stop.is_set():
                break


def probe(address, calls):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        print("no real-time priority: the clients will delay the probe", file=sys.stderr)
    client = flight.connect("grpc://" + address)
    taken = []
    for number in range(calls + 50):
        began = time.perf_counter()
        assert [r.body.to_pybytes() for r in client.do_action(flight.Action("health_check", b""))] == [b"ok"]
        if number >= 50:
            taken.append((time.perf_counter() - began) * 1e3)
        time.sleep(0.001)
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    taken.sort()
    return "p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, worst %.2f ms" % tuple(
        taken[min(int(len(taken) * q), len(taken) - 1)] for q in (0.5, 0.99, 0.999, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=6_000_000)
    parser.add_argument("--scans", type=int, default=4)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--reactor")
    options = parser.parse_args()
    data = os.path.join(ROOT, ".data", "perf")
    subprocess.run([os.path.join(ROOT, "scripts", "make-data"), "--out", os.path.join(data, "bench"), "--rows", str(options.rows),
                    "--files", "4", "--variants", "snappy"], check=True, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(0, {1})
    origin = Nginx(data, os.path.join(data, "scratch"))
    os.sched_setaffinity(0, {0})
    worker = Worker(os.path.join(ROOT, ".build", "release", "sqe-server"), os.path.join(data, "scratch"), reactor=options.reactor, cores=1)
    os.sched_setaffinity(0, {1})
    stop = multiprocessing.Event()
    clients = []
    try:
        print("idle:", probe(worker.address, options.calls), flush=True)
        ticket = json.dumps({
            "fragment_id": "latency", "data_file_paths": ["s3://bench/lineitem/snappy/part-%d.parquet" % n for n in range(4)],
            "projected_columns": [], "s3_endpoint": origin.endpoint, "s3_region": "us-east-1", "s3_access_key": "key",
            "s3_secret_key": "secret", "s3_path_style": True}).encode()
        clients = [multiprocessing.Process(target=drain, args=(worker.address, ticket, stop), daemon=True) for _ in range(options.scans)]
        for client in clients:
            client.start()
        time.sleep(1.5)
        before = worker.metrics()["sqe_worker_body_bytes_sent_total"], time.time()
        print("beside %d full scans:" % options.scans, probe(worker.address, options.calls), flush=True)
        sent = worker.metrics()["sqe_worker_body_bytes_sent_total"] - before[0]
        print("meanwhile %.0f MB/s of Arrow were sent" % (sent / 1e6 / (time.time() - before[1])))
    finally:
        stop.set()
        for client in clients:
            client.join(20)
            if client.is_alive():
                client.kill()
        worker.process.stop()
        origin.stop()


if __name__ == "__main__":
    main()

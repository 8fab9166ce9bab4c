#!/usr/bin/env python3
"""How long do a health check, a small scan's first batch and a cancel take, beside full scans?

    perf/Latency/latency.py [--seconds 5] [--rounds 3] [--scans 0,1,4,64] [--rows 6000000] [--reactor io_uring|epoll]
                            [--out FILE] [--keep] [--note TEXT] [--tiny]

Needs scripts/install --tests and a release build of sqe-server; run it with .tools/venv/bin/python. The worker has one core,
store and clients another. In each round the machine itself is measured too (calibration.py), and gRPC's C++ server (peer.py).
Numbers go to .data/perf/latency.json or --out; --keep writes perf/Results/<date>-latency.json, and the table next to it.
results.py says what is in the file; compare.py compares two. --tiny sees only that all of it works.
"""
import argparse
import copy
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(os.path.dirname(HERE), name) for name in ("Stand", "Whole")]
import stand  # noqa: E402
import calibration  # noqa: E402
import compare  # noqa: E402
import goals  # noqa: E402
import machine  # noqa: E402
import results  # noqa: E402
from drain import Drain  # noqa: E402
from support.processes import Process  # noqa: E402

RESULTS = os.path.join(stand.ROOT, "perf", "Results")
WHAT = ("health", "first", "cancel")
_TINY = {"rows": 60_000, "scans": "0,1,4", "seconds": 0.2, "rounds": 1}


class Run:
    """One run: a stand, a peer, and the records so far."""

    def __init__(self, options, where):
        self._options, self._stand = options, where
        self.records, self.loads, self.first_in_line = [], [], True
        self._tickets = {}
        for name, ticket in (("first", where.small), ("cancel", where.full)):
            self._tickets[name] = os.path.join(stand.FOLDER, "scratch", "%s-%d" % (name, where.worker.port))
            with open(self._tickets[name], "wb") as file:
                file.write(ticket)

    def _probe(self, what, address, scans=0):
        """What a probe of its own process found."""
        options, least = self._options, 3 if self._options.tiny else 100 if what != "cancel" else 10
        words = [sys.executable, os.path.join(HERE, "probe.py"), what, address, "--seconds", options.seconds, "--least", least]
        if what in self._tickets:
            words += ["--ticket", self._tickets[what], "--metrics", self._stand.worker.metrics_port] + ["--alone"] * (not scans)
        environment = {**os.environ, "PYTHONPATH": os.path.join(stand.ROOT, "Tests", "EndToEnd")}
        with stand.on_core(self._stand.client_core):
            outcome = subprocess.run(list(map(str, words)), env=environment, capture_output=True, text=True, timeout=600)
        if outcome.returncode:
            raise SystemExit("the probe of %s failed: %s" % (what, outcome.stderr.strip()[-2000:]))
        answer = json.loads(outcome.stdout)
        self.first_in_line &= answer["first_in_line"]
        return answer

    def _calibrate(self, number):
        """What a trip and a loop take now, each pinned as client and server are."""
        seconds = self._options.seconds / 2
        words = [sys.executable, os.path.join(HERE, "calibration.py"), "--measure", seconds, self._stand.server_core]
        with stand.on_core(self._stand.client_core):
            outcome = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120)
        if outcome.returncode:
            raise SystemExit("the calibration failed: %s" % outcome.stderr.strip()[-2000:])
        taken = json.loads(outcome.stdout)
        self._units = {"trips": results.quantiles(taken["trip"])["p50"], "loops": results.quantiles(taken["loop"])["p50"]}
        for what in ("trip", "loop"):
            self._note(what, "machine", 0, number, taken[what])

    def _note(self, what, who, scans, number, taken):
        record = results.record(what, who, scans, number, taken, self._units)
        self.records.append(record)
        if not self._options.tiny:
            print(json.dumps(record), file=sys.stderr, flush=True)

    def _measure(self, scans, number):
        """All that is asked of the worker beside so many scans."""
        polls = []
        for what in WHAT:
            answer = self._probe(what, self._stand.worker.address, scans)
            self._note(what, "worker", scans, number, answer["us"])
            polls += answer["polls_us"]
        self._note("poll", "worker", scans, number, polls)

    def _load(self):
        return self._stand.cpu_seconds(), self._stand.worker.metrics()["sqe_worker_body_bytes_sent_total"], time.monotonic()

    def round(self, number, scans, peer):
        self._calibrate(number)
        self._note("health", "peer", 0, number, self._probe("health", peer)["us"])
        for beside in scans:
            if not beside:
                self._measure(0, number)
                continue
            # Bounded, with room for cancels that take long.
            with Drain(self._stand, beside, 600) as drain:
                before = self._load()
                self._measure(beside, number)
                cpu, sent, seconds = (after - first for after, first in zip(self._load(), before))
                drain.check()
            self.loads.append({"scans": beside, "round": number, "busy": round(cpu / seconds, 3),
                               "gb_per_s": round(sent / 1e9 / seconds, 3)})


def _settings(options):
    return {key: getattr(options, key) for key in ("rows", "scans", "seconds", "rounds", "reactor", "tiny")}


def measure(options):
    facts = machine.facts(["perf/Latency/latency.py"] + sys.argv[1:], options.note)
    facts["packages"] = {name: importlib.metadata.version(name) for name in ("grpcio", "pyarrow")}
    with stand.Stand(options.rows, reactor=options.reactor) as where:
        with stand.on_core(where.server_core):
            peer = Process([sys.executable, os.path.join(HERE, "peer.py")], os.path.join(stand.FOLDER, "scratch", "peer.log"))
        try:
            address = peer.wait_for_line("^ready ").split()[1]
            run = Run(options, where)
            for number in range(options.rounds):
                run.round(number, [int(n) for n in options.scans.split(",")], address)
        finally:
            peer.stop()
    facts["first_in_line"] = run.first_in_line
    return {"facts": facts, "settings": _settings(options), "records": run.records, "loads": run.loads}


def check(content, scans):
    """That a tiny run has found all it should, and that the comparison sees a regression and nothing else."""
    names = set(results.summary(content["records"]))
    wanted = {"trip of machine", "loop of machine", "health of peer"}
    beside = [" beside %s" % n if n != "0" else "" for n in scans.split(",")]
    wanted |= {"%s of worker%s" % (what, where) for what in (*WHAT, "poll") for where in beside}
    assert names == wanted, names ^ wanted
    slower = copy.deepcopy(content)
    for record in slower["records"]:
        if record["what"] == "first":
            for unit in results.UNITS:
                record[unit] = {quantile: 3 * value for quantile, value in record[unit].items()}
    assert not compare.regressions(content, content)
    found = {name for name, *_ in compare.regressions(content, slower)}
    assert found == {name for name in names if name.startswith("first")}, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement in each round; some take longer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scans", default="0,1,4,64", help="full scans beside; 0 is idle")
    parser.add_argument("--rows", type=int, default=6_000_000, help="of a full scan")
    parser.add_argument("--reactor")
    parser.add_argument("--out", default=os.path.join(stand.FOLDER, "latency.json"))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--note", help="what else a reader of the result should know, such as who else used the machine")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    if options.tiny:
        parser.set_defaults(**_TINY, out=os.path.join(stand.FOLDER, "latency-tiny.json"))
        options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all that was started is ended
    content = measure(options)
    results.write(options.out, content)
    if options.tiny:
        check(results.read(options.out), options.scans)
        return print("%d measurements, and all was found" % len(content["records"]))
    text = goals.text(content)
    print(text, end="")
    if options.keep:
        base = os.path.join(RESULTS, time.strftime("%Y-%m-%d-latency"))
        results.write(base + ".json", content)
        with open(base + ".md", "w") as file:
            file.write(text)


if __name__ == "__main__":
    main()

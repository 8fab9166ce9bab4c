"""The file that latency.py writes and compare.py reads, and what is made of it.

    {"format": 1,
     "facts":    commit, date, processor, load, ... (perf/Whole/machine.py),
     "settings": rows, scans, seconds, rounds, reactor, tiny: what two files must have in common to be compared,
     "records":  [{"what": "health",       health, first, cancel; trip, loop (calibration); poll (one question to /metrics)
                   "who": "worker",        worker; peer (gRPC C++); machine (calibration)
                   "scans": 4,             full scans beside it
                   "round": 0,
                   "count": 4312,          calls
                   "us": {"p50": 412.0, "p99": ..., "p99.9": ..., "most": ...},
                   "trips": {"p50": 9.1, ...},   the same over the median trip of the round
                   "loops": {"p50": 1.2, ...}},  the same over the median loop of the round
                  ...],
     "loads":    [{"scans": 4, "round": 0, "busy": 0.99, "gb_per_s": 1.3}, ...]
                  share of a core that the worker used while it was measured, and Arrow bytes that it sent}

A quantile that no sample lies beyond is left out: p99 needs 100 calls, p99.9 a thousand.
"""
import json
import statistics

FORMAT = 1
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
UNITS = ("trips", "loops")


def quantiles(taken):
    ordered = sorted(taken)
    found = {name: ordered[int(len(ordered) * q)] for name, q in QUANTILES.items() if len(ordered) * (1 - q) > 0.999}
    return {**(found or {"p50": ordered[len(ordered) // 2]}), "most": ordered[-1]}


def record(what, who, scans, number, taken, units):
    """`units`: what a trip and a loop took in this round, in microseconds."""
    us = quantiles(taken)
    ratios = {unit: {name: round(value / units[unit], 4) for name, value in us.items()} for unit in UNITS}
    return {"what": what, "who": who, "scans": scans, "round": number, "count": len(taken),
            "us": {name: round(value, 1) for name, value in us.items()}, **ratios}


def counts(records):
    """name -> calls of all rounds"""
    found = {}
    for one in records:
        found[name_of(one)] = found.get(name_of(one), 0) + one["count"]
    return found


def name_of(record):
    return "%s of %s" % (record["what"], record["who"]) + (" beside %d" % record["scans"] if record["scans"] else "")


def summary(records, unit="us"):
    """name -> quantile -> median of the rounds; in "us", "trips" or "loops". What not every round has is left out."""
    rounds = {}
    for one in records:
        for quantile, value in one[unit].items():
            rounds.setdefault(name_of(one), {}).setdefault(quantile, []).append(value)
    return {name: {quantile: statistics.median(values) for quantile, values in found.items()
                   if len(values) == len(found["most"])} for name, found in rounds.items()}


def read(path):
    with open(path) as file:
        content = json.load(file)
    if content.get("format") != FORMAT:
        raise SystemExit("%s: not a file of latency.py, or one of another day's format" % path)
    return content


def write(path, content):
    with open(path, "w") as file:
        lists = {key: value for key, value in content.items() if isinstance(value, list)}
        head = json.dumps({"format": FORMAT, **{key: value for key, value in content.items() if key not in lists}})
        body = [",\n %s: [\n  %s]" % (json.dumps(key), ",\n  ".join(map(json.dumps, value))) for key, value in lists.items()]
        file.write(head[:-1] + "".join(body) + "}\n")

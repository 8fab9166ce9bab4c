"""Tables out of measurements.

    report.py FILE.jsonl
"""
import json
import statistics
import sys

from engines import VIEWS
from shapes import BEST, SAME, SHAPES


def _by_shape(records):
    """shape -> engine -> CPU seconds of each round"""
    sorted_out = {}
    for record in records:
        sorted_out.setdefault(record["shape"], {}).setdefault(record["engine"], []).append(record["cpu"])
    return sorted_out


def _best(times, candidates):
    return min(candidates, key=lambda engine: statistics.median(times[engine]), default=None)


def peer(times, whom):
    """The engine that a goal speaks of, or None when it was not measured."""
    peers = [engine for engine in times if engine not in ("ours", "read")]
    if whom == BEST:
        return _best(times, peers)
    if whom == SAME:
        return _best(times, [engine for engine in peers if engine not in VIEWS])
    return whom if whom in times else None


def ratio(times, engine):
    return statistics.median(times[engine]) / statistics.median(times["ours"])


def _seconds(values):
    return "%.3f [%.3f–%.3f]" % (statistics.median(values), min(values), max(values))


def _row(name, times, value_bits):
    ours, cells, outcomes = times["ours"], [], set()
    for whom in (BEST, SAME):
        engine = peer(times, whom)
        cells.append("%s %.2f" % (engine, ratio(times, engine)) if engine else "-")
    for factor, whom in SHAPES[name].goals:
        engine = peer(times, whom)
        if engine is None:
            outcomes.add("unknown")
            cells.append("? of %.1f × %s" % (factor, whom))
            continue
        outcomes.add("pass" if ratio(times, engine) >= factor else "**miss**")
        cells.append("%.2f of %.1f × %s" % (ratio(times, engine), factor, whom))
    goals, outcome = ", ".join(cells[2:]), min(outcomes)  # a miss before a pass before what is unknown
    speed = value_bits / 8e9 / statistics.median(ours)
    return "| %s | %.0f | %s | %.2f | %s | %s | %s | %s |" % (
        name, value_bits / 8e6, _seconds(ours), speed, cells[0], cells[1], goals, outcome)


def heading(facts):
    """What a kept result begins with: its command, and what machine.py has found."""
    lines = ["# %s" % facts["command"], ""]
    for key in ("date", "commit", "swift", "cpu", "cores", "flags", "load", "packages", "note"):
        value = facts.get(key)
        if not value:
            continue
        value = " ".join(value) if isinstance(value, list) else value
        value = ", ".join("%s %s" % pair for pair in value.items()) if isinstance(value, dict) else value
        lines.append("- %s: %s" % (key, value))
    return lines + [""]


def text(records, facts):
    found, bits = _by_shape(records), {r["shape"]: r["value_bits"] for r in records if r["engine"] == "ours"}
    engines = list(dict.fromkeys(record["engine"] for record in records))
    rounds = 1 + max(record["round"] for record in records)
    lines = heading(facts)
    lines += ["CPU seconds of one thread for one pass over the file: median [least–most] of %d rounds. A ratio is their"
              " median over ours. MB are bytes of values: no offsets, no validity, no padding." % rounds, ""]
    if all("ours" in times for times in found.values()):
        lines += ["| shape | MB | ours | GB/s | best | best of the same layout | goals | |", "| --- |" + " --- |" * 7]
        lines += [_row(name, times, bits[name]) for name, times in found.items()] + [""]
    lines += ["| shape | " + " | ".join(engines) + " |", "| --- |" + " --- |" * len(engines)]
    for name, times in found.items():
        lines.append("| %s | %s |" % (name, " | ".join(_seconds(times[e]) if e in times else "-" for e in engines)))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        facts, *records = [json.loads(line) for line in file]
    print(text(records, facts), end="")

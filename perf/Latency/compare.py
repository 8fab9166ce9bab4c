#!/usr/bin/env python3
"""Has a latency grown? Compares two files of latency.py; exit status 1 and the names of what has, 2 if they cannot be
compared.

    perf/Latency/compare.py OLD.json NEW.json [--tolerance p50=0.25,p99=0.5,p99.9=1]

Milliseconds are never compared, only their ratios to what the machine itself took in the same round: to a round trip between
two processes, and to a loop of computing. A regression is a ratio that has grown by more than the tolerance (0.25: a quarter)
in both units: where only one has, the machine has changed and not the worker. Quantiles that fewer than five calls lie beyond
are not compared; nor are the peer, the machine itself, and the slowest call. Ratios do not help where others took the core that
the worker should have had: who was not alone is named.
"""
import argparse
import sys

import goals
import results

TOLERANCE = {"p50": 0.25, "p99": 0.5, "p99.9": 1.0}
BEYOND = 5  # calls of all rounds that have to lie beyond a quantile, else it says too little
MUST_AGREE = ("rows", "reactor", "tiny")


def changes(old, new):
    """[(name, quantile, {unit: new over old})] of all that both have of the worker."""
    before, after = ({unit: results.summary(one["records"], unit) for unit in results.UNITS} for one in (old, new))
    calls = [results.counts(one["records"]) for one in (old, new)]
    first = results.UNITS[0]
    return [
        (name, quantile, {unit: after[unit][name][quantile] / before[unit][name][quantile] for unit in results.UNITS})
        for name in before[first] if " of worker" in name and name in after[first]
        for quantile, share in results.QUANTILES.items()
        if quantile in before[first][name] and quantile in after[first][name]
        and (quantile == "p50" or min(of[name] for of in calls) * (1 - share) >= BEYOND)]


def regressions(old, new, tolerance=None):
    tolerance = tolerance or TOLERANCE
    return [change for change in changes(old, new) if min(change[2].values()) > 1 + tolerance[change[1]]]


def _tolerance(text):
    given = {name: float(value) for name, value in (part.split("=") for part in text.split(","))}
    if not given.keys() <= TOLERANCE.keys():
        raise ValueError(text)
    return {**TOLERANCE, **given}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--tolerance", type=_tolerance, default=TOLERANCE)
    options = parser.parse_args()
    old, new = results.read(options.old), results.read(options.new)
    differ = [key for key in MUST_AGREE if old["settings"][key] != new["settings"][key]]
    listed = changes(old, new)
    if differ or not listed:
        why = "other " + ", ".join(differ) if differ else "nothing is in both"
        print("these cannot be compared: %s" % why, file=sys.stderr)
        return 2
    for path, one in ((options.old, old), (options.new, new)):
        for why in goals.doubts(one):
            print("%s: %s" % (path, why))
    gone = {results.name_of(one) for one in old["records"]} - {results.name_of(one) for one in new["records"]}
    failed = regressions(old, new, options.tolerance)
    print("%-32s %-6s %s" % ("new over old", "", "  ".join("%8s" % ("in " + unit) for unit in results.UNITS)))
    for change in listed:
        name, quantile, by_unit = change
        print("%-32s %-6s %s%s" % (name, quantile, "  ".join("%8.2f" % by_unit[unit] for unit in results.UNITS),
                                   "  REGRESSION" if change in failed else ""))
    for name in sorted(gone):
        print("%s is only in %s" % (name, options.old))
    if failed:
        print("slower by more than is allowed: %s" % ", ".join("%s %s" % change[:2] for change in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The table of a run, and whether the goals are met.

    goals.py FILE.json

- A health check beside 4 and 64 full scans: at the median no slower than gRPC's C++ server when that is idle, and at p99 at
  most twice our own p99 when we are idle.
"""
import sys

import results

BUSY = 0.8  # share of a core that full scans must have kept the worker busy, else it was not beside full scans
ALONE = 1.0  # load of the machine when the run began
BESIDE = (4, 64)
P99_FACTOR = 2


def doubts(content):
    """Why the numbers may not be the worker's."""
    found = []
    if content["facts"]["load"] > ALONE:
        found.append("the machine had other work, a load of %s, when this began" % content["facts"]["load"])
    idle = sorted({load["scans"] for load in content["loads"] if load["busy"] < BUSY})
    if idle:
        found.append("%s full scans did not keep the worker busy in every round" % " and ".join(map(str, idle)))
    if not content["facts"]["first_in_line"]:
        found.append("no real-time priority: the other clients have delayed the one that measures")
    return found


def goals(found):
    """[(what, value, allowed)] in microseconds, of a summary."""
    idle, peer = found.get("health of worker", {}), found.get("health of peer", {})
    listed = []
    for scans in BESIDE:
        ours = found.get("health of worker beside %d" % scans, {})
        for what, value, allowed in (
                ("p50 beside %d, gRPC C++'s idle p50" % scans, ours.get("p50"), peer.get("p50")),
                ("p99 beside %d, %d x our idle p99" % (scans, P99_FACTOR), ours.get("p99"), P99_FACTOR * idle.get("p99", 0))):
            if value and allowed:
                listed.append((what, value, allowed))
    return listed


def _row(name, content, found):
    cells = ["%.2f" % (value / 1e3) if (value := found["us"][name].get(q)) else "-" for q in (*results.QUANTILES, "most")]
    cells += ["%.1f" % found[unit][name]["p50"] for unit in results.UNITS]
    rounds = [one["us"]["p50"] / 1e3 for one in content["records"] if results.name_of(one) == name]
    calls = sum(one["count"] for one in content["records"] if results.name_of(one) == name)
    return "| %s | %d | %s | %.2f–%.2f |" % (name, calls, " | ".join(cells), min(rounds), max(rounds))


def text(content):
    facts, settings = content["facts"], content["settings"]
    found = {unit: results.summary(content["records"], unit) for unit in ("us", *results.UNITS)}
    lines = ["# %s" % facts["command"], ""]
    for key in ("date", "commit", "swift", "cpu", "cores", "load", "packages", "note"):
        value = facts.get(key)
        if value:
            lines.append("- %s: %s" % (key, ", ".join(map(" ".join, value.items())) if isinstance(value, dict) else value))
    lines += ["- **doubt**: " + why for why in doubts(content)]
    lines += ["", "Milliseconds; the median of %d rounds. Trips and loops: the p50 over the machine's own (calibration.py)."
              % settings["rounds"], "",
              "| | calls | p50 | p99 | p99.9 | most | trips | loops | p50 of rounds |", "| --- |" + " --- |" * 8]
    lines += [_row(name, content, found) for name in found["us"]]
    lines += ["", "| full scans | share of a core | Arrow GB/s |", "| --- | --- | --- |"]
    for scans in dict.fromkeys(load["scans"] for load in content["loads"]):
        of = [load for load in content["loads"] if load["scans"] == scans]
        lines.append("| %d | %s | %s |" % (
            scans, *("–".join("%.2f" % value for value in sorted({min(values), max(values)}))
                     for values in ([load[key] for load in of] for key in ("busy", "gb_per_s")))))
    reached = goals(found["us"])
    if reached:
        lines += ["", "| goal for a health check | ms | at most | |", "| --- | --- | --- | --- |"]
        lines += ["| %s | %.2f | %.2f | %s |" % (what, value / 1e3, allowed / 1e3, "pass" if value <= allowed else "**miss**")
                  for what, value, allowed in reached]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(results.read(sys.argv[1])), end="")

"""Tables out of measurements.

    answers.py FILE.jsonl
"""
import json
import sys

import places  # noqa: F401
import cores
import secure
import goals
from goals import first_ms, median_of
from report import heading


def by_query(records, size=None):
    """(query, streams) -> engine -> records, of one size; without one, of the records of no size scan"""
    found = {}
    for record in records:
        if "query" in record and "failed" not in record and record.get("size") == size:
            found.setdefault((record["query"], record["streams"]), {}).setdefault(record["engine"], []).append(record)
    return found


def gigabytes(by_engine):
    """What a query sends, in our layout where we were asked: everybody's costs are divided by the same number."""
    return median_of(by_engine.get("ours") or next(iter(by_engine.values())), "bytes") / 1e9


MEASURES = {
    "CPU seconds per Arrow GB": lambda records, size: median_of(records, "cpu") / size,
    "Arrow GB/s": lambda records, size: size / median_of(records, "wall"),
    "peak resident MB": lambda records, size: median_of(records, "rss") / 1e6,
    "requests to the origin": lambda records, size: median_of(records, "requests") if "requests" in records[0] else None,
    "ms to first batch": lambda records, size: first_ms(records) if "first" in records[0] else None,
}


def engines_of(found):
    return list(dict.fromkeys(engine for by_engine in found.values() for engine in by_engine))


def _spread(records, value, measure, size):
    """For CPU also the least and the most."""
    if measure != "CPU seconds per Arrow GB":
        return "%.4g" % value if value < 1000 else "%.0f" % value
    return "%.3f [%.3f–%.3f]" % (value, min(r["cpu"] for r in records) / size, max(r["cpu"] for r in records) / size)


def _table(found, measure, value_of, label):
    engines = engines_of(found)
    lines = ["### " + measure, "", "| %s | streams | MB | %s |" % (label, " | ".join(engines)),
             "| --- |" + " --- |" * (2 + len(engines))]
    for (name, streams), by_engine in found.items():
        size, cells = gigabytes(by_engine), []
        for engine in engines:
            records = by_engine.get(engine)
            value = value_of(records, size) if records else None
            cells.append("-" if value is None else _spread(records, value, measure, size))
        lines.append("| %s | %d | %.0f | %s |" % (name, streams, size * 1e3, " | ".join(cells)))
    return lines + [""]


def _ratios(found):
    """Our CPU over everybody's."""
    engines = [engine for engine in engines_of(found) if engine != "ours"]
    lines = ["### CPU of ours over that of others", "", "| query | streams | %s |" % " | ".join(engines),
             "| --- |" + " --- |" * (1 + len(engines))]
    for (name, streams), by_engine in found.items():
        if "ours" not in by_engine:
            continue
        cells, ours = [], median_of(by_engine["ours"], "cpu")
        for engine in engines:
            cells.append("%.2f" % (ours / median_of(by_engine[engine], "cpu")) if engine in by_engine else "-")
        lines.append("| %s | %d | %s |" % (name, streams, " | ".join(cells)))
    return lines + [""]


def _light(found):
    """What the speed of light is made of."""
    lit = {name: by_engine["light"] for (name, _), by_engine in found.items() if "light" in by_engine}
    if not lit:
        return []
    parts = list(next(iter(lit.values()))[0]["parts"])
    lines = ["### The speed of light", "", "CPU seconds; the parts are of a pass of their own, which also reads the clock.",
             "", "| query | file MB | pages | CPU s | " + " | ".join(parts) + " |", "| --- |" + " --- |" * (3 + len(parts))]
    for name, records in lit.items():
        cells = ["%.3f" % median_of([record["parts"] for record in records], part) for part in parts]
        lines.append("| %s | %.0f | %d | %.3f | %s |" % (
            name, records[0]["file_bytes"] / 1e6, records[0]["pages"], median_of(records, "cpu"), " | ".join(cells)))
    return lines + [""]


def _goals(found):
    lines = ["### Goals", "", "| goal | at most | measured | |", "| --- | --- | --- | --- |"]
    for what, value, bound, unit in goals.outcomes(found):
        if value is None:
            lines.append("| %s | %g %s | - | unknown |" % (what, bound, unit))
        else:
            lines.append("| %s | %g %s | %.3g | %s |" % (what, bound, unit, value, "met" if value <= bound else "**missed**"))
    return lines + [""]


def sizes_of(records):
    """(rows, 1 stream) -> engine -> records, of the size scan"""
    found = {}
    for size in sorted({record["size"] for record in records if "size" in record}):
        for by_engine in by_query(records, size).values():
            found["%d rows" % size, 1] = by_engine
    return found


def text(records, facts):
    lines, found, sizes = heading(facts), by_query(records), sizes_of(records)
    if found:
        rounds = 1 + max(record["round"] for record in records if "query" in record and "size" not in record)
        lines += ["## Queries", "", "Medians of %d rounds, for CPU also [least–most]. MB and GB are of Arrow as we send it." % rounds,
                  ""]
        lines += _goals(found) + _ratios(found)
        for measure, value_of in MEASURES.items():
            lines += _table(found, measure, value_of, "query")
        lines += _light(found)
    if sizes:
        lines += ["## Sizes", "", "The same schema and codec, all columns, servers new for each size.", ""]
        for measure in ("CPU seconds per Arrow GB", "peak resident MB"):
            lines += _table(sizes, measure, MEASURES[measure], "lineitem")
    loops = [record for record in records if "cores" in record]
    sealed = [record for record in records if "secure" in record]
    return "\n".join(lines) + "\n" + (cores.text(loops) if loops else "") + ("\n" + secure.text(sealed) if sealed else "")


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        facts, *records = [json.loads(line) for line in file]
    print(text(records, facts), end="")

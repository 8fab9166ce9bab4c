#!/usr/bin/env python3
"""What does a scan cost from origin to client, next to other engines behind the same interface, and are our goals met?

    perf/Compare/compare.py [--rounds 5] [--engines a,b] [--queries a,b] [--streams 1,8,64] [--rows 6000000]
                            [--cores 1,2] [--sizes] [--tls] [--no-plots] [--keep] [--note TEXT]

Needs perf/requirements.txt, nginx, and a release build of the worker. The first run writes the files to .data/perf. nginx
serves them over loopback; our worker and the peers, each a Flight server with one thread on one core, take turns within a
round; one client drains them all from another core. --sizes asks for the same schema in files of many sizes; --cores drains
our worker with more loops; --tls has it read over http and https; --queries none leaves only these. --keep writes numbers,
tables and plots to perf/Results.
"""
import argparse
import importlib.util
import json
import os
import signal
import sys
import time

import places
import answers
import cores
import secure
import machine
import measure
import objects
import peers
import plots
import programs
import queries
import running
from shapes import ROWS

STANDARD = ["ours", "pyarrow", "datafusion", "duckdb", "polars", "inmem", "ready", measure.LIGHT]


def _names(text):
    return [] if text == "none" else text.split(",")


def _numbers(text):
    return [int(word) for word in text.split(",")]


def options_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", type=_names, default=STANDARD, help="of " + ",".join(STANDARD))
    parser.add_argument("--queries", type=_names, default=list(queries.QUERIES), help="of " + ",".join(queries.QUERIES))
    parser.add_argument("--streams", type=_numbers, help="for every query; by default 1, and for `full` 1,8,64")
    parser.add_argument("--crowd", type=_names, default=["ours", "datafusion", "inmem"],
                        help="engines that are asked for more than one stream: others need much memory, and minutes for 64")
    parser.add_argument("--rows", type=int, default=ROWS, help="of lineitem; the others follow")
    parser.add_argument("--cores", type=_numbers, help="numbers of loops of our worker to compare, such as 1,2")
    parser.add_argument("--sizes", action="store_true", help="also files of many sizes, up to one and a half times --rows")
    parser.add_argument("--tls", action="store_true", help="also the same scan by our worker over http and https")
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--note", help="what else a reader of the result should know, such as who else used the machine")
    options = parser.parse_args(words)
    for given, known in ((options.queries, queries.QUERIES), (options.engines, STANDARD)):
        for name in given:
            if name not in known:
                parser.error("%s is none of %s" % (name, ",".join(known)))
    if options.engines == [measure.LIGHT]:
        parser.error("light needs an engine that tells how many bytes of Arrow there are")
    return options


def _without_missing(engines):
    missing = [engine for engine in engines if engine in peers.MODULES and not importlib.util.find_spec(peers.MODULES[engine])]
    for engine in missing:
        print("%s is left out: no module %s; see perf/requirements.txt" % (engine, peers.MODULES[engine]), file=sys.stderr)
    return [engine for engine in engines if engine not in missing]


def records_of(options):
    found = []
    objects.make(options.queries + ["full"] * bool(options.cores), options.rows)
    with running.origin() as origin:
        for name in options.queries:
            query = queries.QUERIES[name]
            streams = options.streams or ([1, 8, 64] if query.many else [1])
            found += measure.query(name, query, options.rows, options, origin, streams)
        for query, rows in queries.sizes(options.rows) if options.sizes else ():
            objects.make(["full"], rows)
            found += measure.query("full", query, rows, options, origin, size=rows)
        if options.cores:
            found += cores.records(options.cores, options.rows, options.rounds, origin)
    if options.tls:
        found += secure.records(options.rows, options.rounds)
    return found


def main():
    options = options_of(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are ended
    options.engines = _without_missing(options.engines)
    lit = measure.LIGHT in options.engines and (options.queries or options.sizes)
    for program in ["light"] * bool(lit) + ["drain"] * bool(options.cores or options.tls):
        programs.built(program)  # what is missing is said before an hour has passed
    facts = machine.facts(["perf/Compare/compare.py"] + sys.argv[1:], options.note)
    records = records_of(options)
    text = answers.text(records, facts)
    print(text)
    folder = os.path.join(places.ROOT, "perf", "Results") if options.keep else places.SCRATCH
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, time.strftime("%Y-%m-%d-compare") if options.keep else "compare")
    with open(base + ".jsonl", "w") as file:
        file.writelines(json.dumps(measure.rounded(line)) + "\n" for line in [facts] + records)
    with open(base + ".md", "w") as file:
        file.write(text)
    if options.no_plots or not plots.available():
        print("no plots" + ("" if options.no_plots else ": matplotlib is not installed"), file=sys.stderr)
    else:
        print("\n".join(plots.draw(records, base)), file=sys.stderr)
    return 0 if measure.good(records) else 1


if __name__ == "__main__":
    sys.exit(main())

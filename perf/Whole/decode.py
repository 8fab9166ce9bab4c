#!/usr/bin/env python3
"""What does Parquet into Arrow cost, next to other decoders? CPU seconds of one thread that reads a whole file.

    perf/Whole/decode.py [--rounds 5] [--shapes a,b] [--engines a,b] [--rows 6000000] [--core N] [--keep] [--note TEXT]

Needs perf/requirements.txt and a release build of perf/. The first run writes the files to .data/perf. Every measurement is
a process of its own on one core, with a warm-up; the engines take turns within a round. --keep writes the numbers to
perf/Results/<date>-decode.jsonl and the tables to perf/Results/<date>-decode.md.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import dataset
import engines
import machine
import report
import tables
from shapes import ROWS, SHAPES

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(os.path.dirname(HERE), ".build", "release", "decode-file")
STANDARD = ["ours", "pyarrow", "datafusion", "duckdb", "polars", "read"]


def measure(engine, name, options, counts):
    """One process; a dictionary with the CPU seconds of one pass and, if it counts, rows and bits of values."""
    passes, path = str(SHAPES[name].passes), dataset.path_of(name, options.rows)
    if engine == "ours":
        command = [OURS, "--json", "--rounds", passes, path]
    else:
        command = [sys.executable, os.path.join(HERE, "engines.py"), engine, passes, path] + ["--count"] * counts
    outcome = subprocess.run(
        ["taskset", "-c", str(options.core)] + command, env={**os.environ, **engines.KEEP_MEMORY}, capture_output=True, text=True)
    if outcome.returncode:
        raise SystemExit("%s of %s failed: %s" % (engine, name, outcome.stderr.strip()[-1000:]))
    answer = json.loads(outcome.stdout)
    answer["cpu"] = sum(answer["cpu"]) / len(answer["cpu"])
    return answer


def agree(records):
    """Whether everybody found as many rows and as many bits of values; says where not."""
    found = {}
    for record in records:
        if record["engine"] != "read" and "rows" in record:
            found.setdefault(record["shape"], {}).setdefault((record["rows"], record["value_bits"]), set()).add(record["engine"])
    for shape, answers in found.items():
        if len(answers) > 1:
            print("%s: rows and bits of values differ: %s" % (shape, answers), file=sys.stderr)
    return all(len(answers) == 1 for answers in found.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--engines", default=",".join(STANDARD), help="also: datafusion-views")
    parser.add_argument("--rows", type=int, default=ROWS, help="of lineitem; the others follow")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--note", help="what else a reader of the result should know, such as who else used the machine")
    options = parser.parse_args()
    names, order = options.shapes.split(","), options.engines.split(",")
    facts = machine.facts(["perf/Whole/decode.py"] + sys.argv[1:], options.note)
    dataset.make(names, options.rows)
    records = []
    for number in range(options.rounds):
        for name in names:
            for engine in order[number % len(order):] + order[:number % len(order)]:
                record = {"shape": name, "engine": engine, "round": number, **measure(engine, name, options, number == 0)}
                records.append(record)
                print(json.dumps(record), file=sys.stderr, flush=True)
    text = report.text(records, facts)
    print(text)
    if options.keep:
        base = os.path.join(tables.ROOT, "perf", "Results", time.strftime("%Y-%m-%d-decode"))
        os.makedirs(os.path.dirname(base), exist_ok=True)
        with open(base + ".jsonl", "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in [facts] + records)
        with open(base + ".md", "w") as file:
            file.write(text)
    return 0 if agree(records) else 1


if __name__ == "__main__":
    sys.exit(main())

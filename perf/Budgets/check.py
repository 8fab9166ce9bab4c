#!/usr/bin/env python3
"""Compares what decoding asks of the allocator with what it may.

    perf/Budgets/check.py [--lower]

Needs a release build of perf/. Fails where a column asks more often than perf/Budgets/decode.json allows; --lower writes
lower counts there, never higher ones. The columns are those of perf/Sources/Samples/Catalog.swift.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(os.path.dirname(HERE), ".build", "release", "allocations")
BUDGET = os.path.join(HERE, "decode.json")
# What is counted, and how far it may be off: a few requests in all, for how much room the allocator finds behind a
# block, and so when an array has to grow, is not quite the same in every process.
SLACK = {"file": 4, "batch": 0.1, "batch column": 0.1, "page": 0.1, "value": 0.001}


def main():
    with open(BUDGET) as file:
        budget = json.load(file)
    output = subprocess.run([PROGRAM], check=True, capture_output=True, text=True).stdout
    failed, seen = False, set()
    for line in output.splitlines():
        counts = json.loads(line)
        name = counts.pop("name")
        seen.add(name)
        allowed = budget.get(name)
        if allowed is None:
            print("%-24s has no budget; it takes %s" % (name, json.dumps(counts)))
            failed = True
            continue
        for per, slack in SLACK.items():
            if counts[per] > allowed[per] + slack:
                print("%-24s %g a %s, %g allowed" % (name, counts[per], per, allowed[per]))
                failed = True
            elif counts[per] < allowed[per] - slack:
                print("%-24s %g a %s, %g allowed: lower the budget" % (name, counts[per], per, allowed[per]))
                if "--lower" in sys.argv:
                    allowed[per] = counts[per]
    for name in budget.keys() - seen:
        print("%-24s has a budget and is no column" % name)
        failed = True
    if "--lower" in sys.argv:
        with open(BUDGET, "w") as file:
            file.write("{\n" + ",\n".join("  %s: %s" % (json.dumps(n), json.dumps(c)) for n, c in budget.items()) + "\n}\n")
    print("%d columns: %s" % (len(seen), "more allocations than allowed" if failed else "within their budgets"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

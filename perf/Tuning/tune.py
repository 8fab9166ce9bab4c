#!/usr/bin/env python3
"""Is a number still the best of its alternatives? Starts a worker for each and lets them take turns.

    perf/Tuning/tune.py [NAME,...] [--query full] [--rounds 5] [--streams 1,8] [--rows 6000000] [--keep]

Names are those of numbers.json, all by default. An alternative is a setting, or a text in place of the chosen one, which
takes half a minute to build. A worker has a core to itself;
the store and a client that discards share another (Compare). CPU and requests are of one scan, CPU the median of the rounds with
the least and the most; the ratio is to the number that stands in the sources. Needs perf/requirements.txt and nginx. --keep writes the
tables to perf/Results.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

import chosen

sys.path.append(os.path.join(os.path.dirname(chosen.HERE), "Compare"))
import places  # noqa: E402
import machine  # noqa: E402
import objects  # noqa: E402
import programs  # noqa: E402
import queries  # noqa: E402
import running  # noqa: E402

_REQUESTS = "sqe_worker_store_requests_total"
COPY = os.path.join(places.FILES, "tuning")   # sources that are changed, with a build folder of their own


def _copied():
    """The sources as git knows them, with what is not committed; timestamps stay, so that little is built anew."""
    listed = subprocess.run(["git", "ls-files", "-z", "Sources", "Package.swift"], cwd=chosen.ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\0")
    shutil.rmtree(os.path.join(COPY, "Sources"), ignore_errors=True)
    for name in filter(None, listed):
        if os.path.exists(os.path.join(chosen.ROOT, name)):
            os.makedirs(os.path.dirname(os.path.join(COPY, name)), exist_ok=True)
            shutil.copy2(os.path.join(chosen.ROOT, name), os.path.join(COPY, name))


def _without_tests():
    """The package's tests are not copied: targets whose folders are missing are no package."""
    path = os.path.join(COPY, "Package.swift")
    with open(path) as file:
        text = file.read()
    begin, end = text.index("        fixture("), text.index("    ],\n    swiftLanguageModes")
    with open(path, "w") as file:
        file.write(text[:begin] + text[end:])


def _made(number):
    """The programs of a number and its alternatives with their settings, by text: what is only set needs no program of its own."""
    chosen_one = _built(number, number["text"])
    made = {number["text"]: (chosen_one, {})}
    for other in number["others"]:
        made[other] = (chosen_one, dict([other.split("=", 1)])) if other.startswith("SQE_") else (_built(number, other), {})
    return made


def _built(number, text):
    """A worker with another text in place of the number's."""
    path = os.path.join(COPY, number["file"])
    with open(path) as file:
        before = file.read()
    target = os.path.join(COPY, "worker-%d" % abs(hash((number["name"], text))))
    try:
        with open(path, "w") as file:
            file.write(before.replace(number["text"], text))
        subprocess.run(["swift", "build", "-c", "release", "--product", "sqe-server"], cwd=COPY, check=True,
                       stdout=subprocess.DEVNULL)
        shutil.copy2(os.path.join(COPY, ".build", "release", "sqe-server"), target)
    finally:
        with open(path, "w") as file:
            file.write(before)
    return target


def _turn(made, ticket, streams):
    """CPU seconds and requests of a scan, MB of memory at most, and ms to the last first DATA, for each number of streams."""
    places.WORKER, settings = made
    with running.running_on({running.MEASURED}):
        server = running.worker(env=settings)
    try:
        others, found = {running.OTHERS}, {}
        programs.drain(server.port, ticket, 1, others)
        for count in streams:
            running.forget_peak(server.pid)
            asked, before = server.metric(_REQUESTS), running.cpu_seconds(server.pid)
            answer = programs.drain(server.port, ticket, count, others)
            cpu, asked = running.cpu_seconds(server.pid) - before, server.metric(_REQUESTS) - asked
            found[count] = (cpu / count, running.peak_bytes(server.pid) / 1e6, 1e3 * max(answer["first"]), asked / count)
        return found
    finally:
        server.stop()


def _table(number, found, streams):
    lines = ["## %s" % number["name"], "", "%s (`%s`)" % (number["what"], number["file"]), "",
             "| | streams | CPU s | ratio | peak MB | last first DATA ms | requests |", "| --- |" + " --- |" * 6]
    for count in streams:
        base = statistics.median(turn[count][0] for turn in found[number["text"]])
        for text, turns in found.items():
            cpu, memory, first, requests = ([turn[count][part] for turn in turns] for part in range(4))
            lines.append("| `%s`%s | %d | %.3f [%.3f–%.3f] | %.2f | %.0f | %.0f | %.0f |" % (
                text.strip(), " **chosen**" if text == number["text"] else "", count, statistics.median(cpu), min(cpu),
                max(cpu), statistics.median(cpu) / base, *map(statistics.median, (memory, first, requests))))
    return "\n".join(lines) + "\n"


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [number["name"] for number in chosen.numbers()]
    parser.add_argument("names", nargs="?", type=lambda text: text.split(","), default=names)
    parser.add_argument("--query", choices=queries.QUERIES, default="full")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=lambda text: [int(word) for word in text.split(",")], default=[1, 8])
    parser.add_argument("--rows", type=int, default=queries.ROWS)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for name in options.names:
        if name not in names:
            parser.error("%s is none of %s" % (name, ",".join(names)))
    return options


def main():
    options = _options()
    wanted = [number for number in chosen.numbers() if number["name"] in options.names]
    for number in wanted:
        if fault := chosen.wrong(number):
            raise SystemExit(fault)
    query = queries.QUERIES[options.query]
    objects.make([options.query], options.rows)
    programs.built("drain")
    _copied()
    _without_tests()
    facts = machine.facts(["perf/Tuning/tune.py"] + sys.argv[1:])
    text = "# %s\n\n%s\n\n" % (facts["command"], "\n".join("- %s: %s" % (key, facts[key]) for key in ("date", "commit", "cpu", "load")))
    print(text, flush=True)
    with running.origin() as origin:
        ticket = objects.ticket(query, options.rows, origin)
        for number in wanted:
            if not number["others"]:
                table = "## %s\n\n%s (`%s` in `%s`): %s\n" % (
                    number["name"], number["what"], number["text"], number["file"], number["why"])
            else:
                made = _made(number)
                found = {text: [] for text in made}
                for turn in range(options.rounds):
                    order = list(made)
                    for choice in order[turn % len(order):] + order[:turn % len(order)]:
                        found[choice].append(_turn(made[choice], ticket, options.streams))
                table = _table(number, found, options.streams)
            print(table, flush=True)
            text += table + "\n"
    if options.keep:
        name = "-".join([time.strftime("%Y-%m-%d"), "tuning", *options.names])
        with open(os.path.join(chosen.ROOT, "perf", "Results", name + ".md"), "w") as file:
            file.write(text)


if __name__ == "__main__":
    main()

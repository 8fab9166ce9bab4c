"""Measurements: each is a record, a dictionary that is printed as a line of JSON.

Keys: `query`, `rows_asked` (of lineitem), `engine`, `streams`, `round`; of one pass over all streams `wall`, `cpu` and `system`
seconds, `rows` and `bytes` of Arrow as this engine sends them; `rss`, the peak of resident memory while it was asked; `first`,
for each stream the seconds to its first batch.
"""
import json
import sys
import time

import objects
import programs
import running

LIGHT = "light"
_SETTLE_SECONDS = 0.05  # for what a server still does when its client has all


def say(record):
    print(json.dumps({key: rounded(value) for key, value in record.items()}), file=sys.stderr, flush=True)


def rounded(value):
    if isinstance(value, float):
        return round(value, 6)
    return [rounded(one) for one in value] if isinstance(value, list) else value


def scan(client, server, query, ticket, streams):
    """One measurement of one server."""
    passes = max(1, query.passes // streams)
    running.forget_peak(server.pid)
    cpu, system = running.cpu_seconds(server.pid), running.system_seconds(server.pid)
    answer = client.drain(server, ticket, streams, passes)
    time.sleep(_SETTLE_SECONDS)
    cpu, system = running.cpu_seconds(server.pid) - cpu, running.system_seconds(server.pid) - system
    return {"cpu": cpu / passes, "system": system / passes, "rss": running.peak_bytes(server.pid), **answer}


def _warm_up(client, started, ticket, streams_of_all, crowd):
    """Asks every server once for as many streams as it will be; returns the bytes of Arrow of one scan, and who cannot answer."""
    arrow_bytes, failed = None, set()
    for engine, server in started.items():
        try:
            for streams in dict.fromkeys((1, *streams_of_all)):
                if streams == 1 or engine in crowd:
                    answer = client.drain(server, ticket, streams)
                    arrow_bytes = arrow_bytes or answer["bytes"]
        except RuntimeError as reason:
            failed.add(engine)
            print("%s cannot answer: %s" % (engine, reason), file=sys.stderr)
    return arrow_bytes, failed


def query(name, asked, rows, options, client, origin, streams_of_all=(1,)):
    """The records of one query: servers that live as long as it, a warm-up each, then rounds in which they take turns."""
    ticket, records = objects.ticket(asked, rows, origin), []
    with running.servers([engine for engine in options.engines if engine != LIGHT]) as started:
        arrow_bytes, failed = _warm_up(client, started, ticket, streams_of_all, options.crowd)
        engines = [engine for engine in options.engines if engine not in failed]
        for number in range(options.rounds):
            turn = number % len(engines)
            for streams in streams_of_all:
                for engine in engines[turn:] + engines[:turn]:
                    if streams > 1 and (engine == LIGHT or engine not in options.crowd):
                        continue
                    record = {"query": name, "rows_asked": rows, "engine": engine, "streams": streams, "round": number}
                    if engine == LIGHT:
                        record.update(programs.light(asked, rows, arrow_bytes), bytes=arrow_bytes)
                    else:
                        record.update(scan(client, started[engine], asked, ticket, streams))
                    say(record)
                    records.append(record)
    return records


def agree(records):
    """Whether everybody sent as many rows for a query; says where not."""
    found = {}
    for record in records:
        if record.get("engine", LIGHT) != LIGHT:
            key = record["query"], record["rows_asked"], record["streams"]
            found.setdefault(key, {}).setdefault(record["rows"], set()).add(record["engine"])
    for key, answers in found.items():
        if len(answers) > 1:
            print("%s: numbers of rows differ: %s" % (key, answers), file=sys.stderr)
    return all(len(answers) == 1 for answers in found.values())

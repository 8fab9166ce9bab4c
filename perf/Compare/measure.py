"""Measurements: each is a record, a dictionary that is printed as a line of JSON.

Keys: `query`, `rows_asked` (of lineitem), `engine`, `streams`, `round`; of one pass over all streams `wall`, `cpu` and `system`
seconds, `rows` and `bytes` of Arrow as this engine sends them; `rss`, the peak of resident memory while it was asked;
`requests` to the origin; `first`, for each stream the seconds to its first batch. Those of the size scan have `size`, the rows asked for.
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


def scan(client, server, query, ticket, streams, origin):
    """One measurement of one server."""
    passes = max(1, query.passes // streams)
    running.forget_peak(server.pid)
    requests = origin.request_count()
    cpu, system = running.cpu_seconds(server.pid), running.system_seconds(server.pid)
    answer = client.drain(server, ticket, streams, passes)
    time.sleep(_SETTLE_SECONDS)
    cpu, system = running.cpu_seconds(server.pid) - cpu, running.system_seconds(server.pid) - system
    return {"cpu": cpu / passes, "system": system / passes, "rss": running.peak_bytes(server.pid),
            "requests": (origin.request_count() - requests) / passes, **answer}


def _turn(engine, asked, rows, ticket, streams, client, started, arrow_bytes, origin):
    if engine == LIGHT:
        if not arrow_bytes:
            raise RuntimeError("no engine has said how many bytes of Arrow there are")
        return {**programs.light(asked, rows, arrow_bytes), "bytes": arrow_bytes}
    return scan(client, started[engine], asked, ticket, streams, origin)


def query(name, asked, rows, options, origin, streams_of_all=(1,), **more):
    """The records of one query: servers that live as long as it, a warm-up each, then rounds in which they take turns.

    An engine that fails is left out from there on, and its last record says why in `failed`. All records hold `more`.
    """
    ticket, records, failed, arrow_bytes = objects.ticket(asked, rows, origin), [], set(), None
    names = [engine for engine in options.engines if engine != LIGHT]
    with running.servers(names, objects.paths_of(asked, rows), asked.columns) as (started, client):
        for number in range(-1, options.rounds):  # the first warms up
            turn = max(0, number) % len(options.engines)
            for streams in streams_of_all if number >= 0 else dict.fromkeys((1, *streams_of_all)):
                for engine in options.engines[turn:] + options.engines[:turn]:
                    wanted = streams == 1 or engine in options.crowd and engine != LIGHT
                    if engine in failed or not wanted or engine == LIGHT and number < 0:
                        continue
                    record = {"query": name, "rows_asked": rows, "engine": engine, "streams": streams, "round": number,
                              **more}
                    try:
                        if number < 0:
                            answer = client.drain(started[engine], ticket, streams)
                            arrow_bytes = arrow_bytes or answer["bytes"]
                            continue
                        record.update(_turn(engine, asked, rows, ticket, streams, client, started, arrow_bytes, origin))
                    except RuntimeError as reason:
                        failed.add(engine)
                        record["failed"] = str(reason)
                    say(record)
                    records.append(record)
    return records


def good(records):
    """Whether nobody failed and everybody sent as many rows for a query; says where not."""
    found = {}
    for record in records:
        if "failed" in record:
            print("%s failed in %s: %s" % (record["engine"], record["query"], record["failed"]), file=sys.stderr)
        elif record.get("engine", LIGHT) != LIGHT:
            key = record["query"], record["rows_asked"], record["streams"]
            found.setdefault(key, {}).setdefault(record["rows"], set()).add(record["engine"])
    for key, answers in found.items():
        if len(answers) > 1:
            print("%s: numbers of rows differ: %s" % (key, answers), file=sys.stderr)
    return not any("failed" in record for record in records) and all(len(answers) == 1 for answers in found.values())

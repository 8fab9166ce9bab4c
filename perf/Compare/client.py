"""The client of every comparison: drains DoGets with pyarrow, asked line by line.

A line in is JSON with `address`, `ticket` (a file), `streams` and `passes`. A line out has `wall` of one pass; `rows` and
`bytes` of one pass over all streams; and `first`, for each stream the seconds from before its connection to its first batch,
of the first pass. A stream is a thread and a connection of its own. This process lives as long as the servers it is used
with, so that neither starting Python nor warming up gRPC is in a number.
"""
import json
import sys
import threading
import time

import pyarrow.flight as flight

LIMIT_SECONDS = 900
# Channels to one address would otherwise share a connection.
_OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]


def _drain(order, ticket, answers):
    try:
        began, first, rows, count = time.perf_counter(), None, 0, 0
        with flight.FlightClient("grpc://" + order["address"], generic_options=_OPTIONS) as client:
            for _ in range(order["passes"]):
                for chunk in client.do_get(flight.Ticket(ticket), flight.FlightCallOptions(timeout=LIMIT_SECONDS)):
                    first = first or time.perf_counter() - began
                    rows += chunk.data.num_rows
                    count += chunk.data.nbytes
        answers.append({"rows": rows, "bytes": count, "first": first})
    except Exception as reason:
        answers.append({"error": "%s: %s" % (type(reason).__name__, str(reason).split("\n")[0][:300])})


def answer(order):
    with open(order["ticket"], "rb") as file:
        ticket = file.read()
    answers, began = [], time.perf_counter()
    threads = [threading.Thread(target=_drain, args=(order, ticket, answers)) for _ in range(order["streams"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, passes = time.perf_counter() - began, order["passes"]
    errors = [one["error"] for one in answers if "error" in one]
    if errors:
        return {"error": errors[0]}
    return {"wall": wall / passes, "rows": sum(one["rows"] for one in answers) // passes,
            "bytes": sum(one["bytes"] for one in answers) // passes, "first": sorted(one["first"] or 0 for one in answers)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)

"""What does another core bring? Wall seconds of DoGets from our worker with more and more loops, drained by Light/drain.c.

With one loop the worker has a core to itself, client and origin have another. With more loops nothing is pinned: all share
what the machine has, so on two cores the ratio is a lower bound.
"""
import statistics

import measure
import objects
import programs
import queries
import running

STREAMS = (1, 8)  # DoGets at once, over one connection


def records(counts, rows, rounds, origin):
    query = queries.QUERIES["full"]
    ticket, found = objects.ticket(query, rows, origin), []
    for number in range(-1, rounds):  # the first warms up
        for count in counts:
            alone = count == 1
            with running.running_on({running.MEASURED} if alone else running.ALL_CORES):
                server = running.worker(count)
            try:
                others = {running.OTHERS} if alone else running.ALL_CORES
                programs.drain(server.port, ticket, 1, others)
                for streams in STREAMS if number >= 0 else ():
                    began = running.cpu_seconds(server.pid)
                    answer = programs.drain(server.port, ticket, streams, others)
                    cpu = running.cpu_seconds(server.pid) - began
                    record = {"cores": count, "streams": streams, "round": number, "cpu": cpu, **answer}
                    measure.say(record)
                    found.append(record)
            finally:
                server.stop()
    return found


def text(found):
    lines = ["## Cores", "", "Wall seconds of DoGets of `full` over one connection, discarded: median [least–most]. The ratio is"
             " to the first line of as many DoGets.", "",
             "| loops | DoGets | wall s | times as fast | GB/s | CPU s | first DATA ms |", "| --- |" + " --- |" * 6]
    for streams in sorted({record["streams"] for record in found}):
        base = None
        for count in dict.fromkeys(record["cores"] for record in found):
            these = [record for record in found if (record["cores"], record["streams"]) == (count, streams)]
            walls = [record["wall"] for record in these]
            wall = statistics.median(walls)
            base = base or wall
            lines.append("| %d | %d | %.3f [%.3f–%.3f] | %.2f | %.2f | %.3f | %.1f |" % (
                count, streams, wall, min(walls), max(walls), base / wall, these[0]["bytes"] / 1e9 / wall,
                statistics.median(record["cpu"] for record in these),
                1e3 * statistics.median(statistics.median(record["first"]) for record in these)))
    return "\n".join(lines) + "\n"

"""What does another core bring? Wall seconds of DoGets from our worker with more and more loops, drained by Light/drain.c.

With one loop the worker has a core to itself, client and origin have another. With more loops nothing is pinned: all share
what the machine has, so on two cores the ratio of wall seconds is a lower bound. What the busiest loop has used is what the
server itself needs at least, with client and origin elsewhere; that ratio is an upper bound.
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
                    began, threads = running.cpu_seconds(server.pid), running.thread_seconds(server.pid)
                    answer = programs.drain(server.port, ticket, streams, others)
                    cpu = running.cpu_seconds(server.pid) - began
                    busiest = max(used - threads.get(thread, 0) for thread, used in running.thread_seconds(server.pid).items())
                    record = {"cores": count, "streams": streams, "round": number, "cpu": cpu, "busiest": busiest, **answer}
                    measure.say(record)
                    found.append(record)
            finally:
                server.stop()
    return found


def text(found):
    lines = ["## Cores", "", "Wall seconds of DoGets of `full` over one connection, discarded: median [least–most]. Ratios are"
             " to the first line of as many DoGets.", "",
             "| loops | DoGets | wall s | times as fast | CPU s | busiest loop s | times as fast | GB/s | first DATA ms |",
             "| --- |" + " --- |" * 8]
    for streams in sorted({record["streams"] for record in found}):
        base = alone = None
        for count in dict.fromkeys(record["cores"] for record in found):
            these = [record for record in found if (record["cores"], record["streams"]) == (count, streams)]
            walls = [record["wall"] for record in these]
            wall = statistics.median(walls)
            busiest = statistics.median(record["busiest"] for record in these)
            base, alone = base or wall, alone or busiest
            lines.append("| %d | %d | %.3f [%.3f–%.3f] | %.2f | %.3f | %.3f | %.2f | %.2f | %.1f |" % (
                count, streams, wall, min(walls), max(walls), base / wall, statistics.median(record["cpu"] for record in these),
                busiest, alone / busiest, these[0]["bytes"] / 1e9 / wall,
                1e3 * statistics.median(statistics.median(record["first"]) for record in these)))
    return "\n".join(lines) + "\n"

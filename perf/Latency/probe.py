"""The client that measures: a process of its own over bare gRPC, as near to nothing as a client of another make can be.

    probe.py health|first|cancel ADDRESS --seconds S [--least N] [--ticket FILE] [--metrics PORT] [--alone]

Prints {"us": [...], "polls_us": [...], "first_in_line": bool}: one number a call, in microseconds. It runs before all others
on its core where that is allowed, so that clients which drain scans there do not delay it; calls are 1 ms apart.

- `health`: DoAction("health_check") to its end.
- `first`: DoGet of a small scan, from the call to its first record batch; the rest is read and not counted.
- `cancel`: DoGet of a full scan that has sent two batches, from the client's cancel until the worker counts a scan that failed,
  which it does when the scan has stopped; if it is `--alone`, also until no call is open and all memory is back in the pool.
  The worker is asked over /metrics again and again: `polls_us` is what one question takes, and no answer is finer than that.
"""
import argparse
import json
import os
import re
import socket
import time

GAP = 0.001
WARM_UP = 20
_CANCEL_SECONDS = 30
_POLL_GAP = 0.0002  # lets the store and other clients run


def first_in_line():
    """Real-time priority for this process and the threads it starts from now on; whether it was granted."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        return True
    except PermissionError:
        return False


def _microseconds(began):
    return (time.perf_counter() - began) * 1e6


def _repeated(once, seconds, least):
    """`once` over and over; what it took, without the first few."""
    for _ in range(WARM_UP if least > WARM_UP else 1):
        once()
        time.sleep(GAP)
    taken, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken) < least:
        taken.append(once())
        time.sleep(GAP)
    return taken


def health(channel):
    from support.wire import SERVICE, action_message, fields
    call, request = channel.channel.unary_stream(SERVICE + "DoAction"), action_message("health_check")

    def once():
        began = time.perf_counter()
        answer = list(call(request, timeout=60))
        taken = _microseconds(began)
        assert [fields(result)[1] for result in answer] == [[b"ok"]], answer
        return taken
    return once


def _has_body(message):
    from support.wire import DATA_BODY, fields
    return bool(fields(message).get(DATA_BODY, [b""])[0])


def first_batch(channel, request):
    def once():
        began, taken = time.perf_counter(), None
        for message in channel.start("DoGet", request, 60):
            if taken is None:
                taken = _microseconds(began)
                if not _has_body(message):
                    taken = None  # the schema
        assert taken is not None, "a scan without rows"
        return taken
    return once


class Counters:
    """The worker's own, over its port for metrics, which serves one question a connection."""

    NAMES = ("sqe_worker_fragments_failed_total", "sqe_worker_open_calls", "sqe_worker_pool_lent_bytes")

    def __init__(self, port):
        self._port = port
        self.polls = []

    def read(self):
        """What `NAMES` stand at."""
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", self._port), 30) as one:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: worker\r\n\r\n")
            text = b""
            while part := one.recv(16 << 10):
                text += part
        self.polls.append(_microseconds(began))
        return tuple(int(re.search(rb"(?m)^%s (\d+)" % name.encode(), text)[1]) for name in self.NAMES)


def cancel(channel, request, counters, alone):
    def once():
        failed, _, lent = counters.read()
        call = channel.start("DoGet", request, 120)
        batches = sum(_has_body(next(call)) for _ in range(3))
        assert batches == 2, "no two batches to read before the cancel"
        began = time.perf_counter()
        call.cancel()
        while True:
            time.sleep(_POLL_GAP)
            now_failed, now_open, now_lent = counters.read()
            taken = _microseconds(began)
            if now_failed > failed and (not alone or (now_open == 0 and now_lent <= lent)):
                return taken
            assert taken < _CANCEL_SECONDS * 1e6, "the scan runs on: %s" % ((now_failed, now_open, now_lent),)
    return once


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("health", "first", "cancel"))
    parser.add_argument("address")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("--ticket")
    parser.add_argument("--metrics", type=int)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    granted = first_in_line()  # before gRPC makes its threads
    from support.wire import Channel, ticket_message
    request = b""
    if options.ticket:
        with open(options.ticket, "rb") as file:
            request = ticket_message(file.read())
    counters = Counters(options.metrics)
    with Channel(options.address) as channel:
        health(channel)()  # a connection holds memory of the pool, so it must be there before memory is looked at
        once = {"health": lambda: health(channel), "first": lambda: first_batch(channel, request),
                "cancel": lambda: cancel(channel, request, counters, options.alone)}[options.what]()
        taken = _repeated(once, options.seconds, options.least)
    print(json.dumps({"us": taken, "polls_us": counters.polls, "first_in_line": granted}))


if __name__ == "__main__":
    main()

"""A worker that reads one object from a faulty store, and what both of them count meanwhile."""
import functools
import time
from dataclasses import dataclass

from support import files, wire
from support.tables import assert_same, table_of

MAX_ATTEMPTS = 5
#: Without a size in the ticket the first request asks for so many octets from the end.
TAIL = 64 << 10
_GAUGES = (
    "sqe_worker_open_calls", "sqe_worker_pool_lent_bytes", "sqe_worker_memory_committed_bytes", "sqe_worker_store_handshakes_under_way",
    "sqe_worker_endpoint_requests_under_way",
)


@dataclass
class Outcome:
    """One scan: its status, and what it took."""
    answer: wire.Answer
    seconds: float
    #: What the store was asked meanwhile.
    requests: list
    #: How often a request was sent again, by reason.
    retries: dict

    @property
    def code(self):
        return self.answer.code.name

    @property
    def ranges(self):
        return [r.range for r in self.requests]


@functools.cache
def two_groups(seed=5):
    table = files.wide_table(20_000, seed=seed)
    return table, files.parquet(table, row_group_size=10_000, compression="none", use_dictionary=False)


class Rig:
    """Two row groups, each fetched with one request behind the one for the tail."""

    bucket, key = "b", "k"

    def __init__(self, worker, store):
        self.worker, self.store = worker, store
        self.table, self.octets = two_groups()
        self.tail_start, self.tail_length = len(self.octets) - TAIL, TAIL
        store.put(self.bucket, self.key, self.octets)
        chunks = files.chunks(self.octets)
        self.groups = [(g[0][0], g[-1][1]) for g in chunks]
        #: Where the second column begins in the first part.
        self.boundary = chunks[0][1][0] - chunks[0][0][0]

    @property
    def plan(self):
        """The ranges that are asked for when all is well."""
        return ["bytes=-%d" % TAIL, *("bytes=%d-%d" % (first, end - 1) for first, end in self.groups)]

    def of_tail(self):
        return {"first_from": self.tail_start}

    def of_part(self):
        """The requests for the first part and what may be left of it."""
        return {"first_below": self.groups[0][1]}

    def scan(self, seconds=30, key=None, **fields):
        number, before, began = self.store.counts()["requests"], self.worker.metrics(), time.monotonic()
        with wire.Channel(self.worker.address) as channel:
            answer = channel.get(self.store.ticket("%s/%s" % (self.bucket, key or self.key), **fields), timeout=seconds)
        took = time.monotonic() - began
        after = self.worker.metrics()
        return Outcome(answer, took, self.store.requests_since(number), _retries(after, before))

    def right_rows(self, **how):
        """A scan that has to give every row."""
        outcome = self.scan(**how)
        assert outcome.code == "OK", outcome.answer
        assert_same(self.table, table_of(outcome.answer.messages))
        return outcome

    def refused(self, code, says="", **how):
        """A scan that has to end with this status, and tell no secret."""
        outcome = self.scan(**how)
        assert outcome.code == code and says in outcome.answer.details, outcome.answer
        for secret in (self.store.key, self.store.secret, "Signature", "AWS4"):
            assert secret not in outcome.answer.details
        return outcome


def retries(worker):
    """Requests sent again so far, by reason."""
    return _retries(worker.metrics(), {})


def _retries(after, before):
    reasons = {r: 'sqe_worker_store_retries_total{reason="%s"}' % r for r in ("answer", "connection", "time")}
    return {r: n for r, name in reasons.items() if (n := int(after[name] - before.get(name, 0)))}


def assert_at_rest(worker, seconds=5):
    """No call is open, no memory is lent, no handshake and no request under way."""
    end = time.monotonic() + seconds
    while held := {g: n for g, n in worker.metrics().items() if g.partition("{")[0] in _GAUGES and n}:
        assert time.monotonic() < end, held
        time.sleep(0.005)
    assert worker.alive()


def ids(fault):
    """What a test calls a fault with its parameters."""
    made = fault.json()
    return "-".join(str(v)[:24].replace("\r\n", "~") for v in (made.pop("fault"), *made.values()) if v not in (None, "", (), False))

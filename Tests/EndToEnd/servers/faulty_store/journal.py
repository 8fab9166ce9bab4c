"""What was asked and what became of it."""
import dataclasses
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

_OF_INTEREST = ("host", "if-match", "if-none-match", "connection", "user-agent", "x-amz-date", "x-amz-content-sha256")


@dataclass
class Entry:
    """One request. Keys and signatures are left out on purpose."""
    number: int
    time: float
    connection: int
    #: How many requests its connection carried before.
    before: int
    method: str
    target: str
    bucket: str
    key: str
    range: str
    fields: dict
    #: Which of the store's credentials signed it.
    credential: int = None
    region: str = None
    #: Why it was not rightly signed.
    refused: str = ""
    status: int = None
    fault: str = None
    #: Octets handed to the kernel, and how many of them belong to the body.
    sent: int = 0
    body_sent: int = 0
    #: What became of the connection: "kept", "closed" or "reset" by us, "left" by the peer; "stalled" until the peer leaves;
    #: None while there is more to come.
    outcome: str = None


@dataclass
class Connections:
    accepted: int = 0
    open: int = 0
    most_open: int = 0
    handshakes_failed: int = 0
    #: TLS sessions that went on where one before them was.
    resumed: int = 0
    tls_versions: list = field(default_factory=list)


class Sums:
    """What is kept of entries that are many."""

    def __init__(self, entries=()):
        entries = list(entries)
        self.requests, self.refused, self.sent = len(entries), sum(bool(e.refused) for e in entries), sum(e.sent for e in entries)
        self.faults, self.statuses = Counter(e.fault for e in entries if e.fault), Counter(str(e.status) for e in entries)
        self.outcomes = Counter(e.outcome for e in entries if e.outcome)

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Journal:
    """Kept in memory: the last requests one by one, of those before only sums."""

    _MOST = 200_000

    def __init__(self):
        self._lock = threading.Lock()
        self._entries, self._before = [], Sums()
        self.connections = Connections()

    def begin(self, connection, before, request, bucket, key):
        fields = {n: request.get(n) for n in _OF_INTEREST if request.get(n) is not None}
        with self._lock:
            if len(self._entries) >= self._MOST:
                old, self._entries = self._entries[:self._MOST // 2], self._entries[self._MOST // 2:]
                self._before.add(Sums(old))
            number = self._before.requests + len(self._entries)
            entry = Entry(number, time.time(), connection, before, request.method, request.target, bucket, key,
                          request.get("range"), fields)
            self._entries.append(entry)
            return entry

    def opened(self):
        """The number of a new connection."""
        with self._lock:
            now = self.connections
            now.accepted += 1
            now.open += 1
            now.most_open = max(now.most_open, now.open)
            return now.accepted

    def shook_hands(self, version, resumed=False):
        """TLS is agreed on, or with None is not."""
        with self._lock:
            self.connections.resumed += resumed
            if version is None:
                self.connections.handshakes_failed += 1
            elif version not in self.connections.tls_versions:
                self.connections.tls_versions.append(version)

    def closed(self):
        with self._lock:
            self.connections.open -= 1

    def since(self, number):
        """The entries from this number on; those that only sums are left of cannot be asked for."""
        with self._lock:
            if number < self._before.requests:
                raise OverflowError("more than %d requests" % self._MOST)
            return [dict(vars(e)) for e in self._entries[number - self._before.requests:]]

    def counts(self):
        with self._lock:
            sums = Sums(self._entries)
            sums.add(self._before)
            return {**vars(sums), **dataclasses.asdict(self.connections)}

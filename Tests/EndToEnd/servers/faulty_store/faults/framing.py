"""How long the body says it is, and how long it is."""
import gzip
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault
from servers.faulty_store.steps import End, Send

_ANOTHER_ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


@dataclass(frozen=True)
class ShortBody(Fault):
    """Content-Length promises `missing` octets more than there are; then the connection is closed."""
    missing: int = 1

    def alter(self, answer, case):
        return answer.put("Content-Length", int(answer.get("Content-Length") or 0) + self.missing)

    def deliver(self, head, body, case):
        return [Send(head), Send(body), End()]


@dataclass(frozen=True)
class LongBody(Fault):
    """Octets after the body, as they come from a confused or a hostile store."""
    octets: str = _ANOTHER_ANSWER

    def deliver(self, head, body, case):
        # In one piece: what comes later could as well belong to the next answer.
        return [Send(head + bytes(body) + self.octets.encode("latin-1"))]


@dataclass(frozen=True)
class CloseDelimited(Fault):
    """No length at all: the body ends with the connection."""
    version: str = "HTTP/1.0"

    def alter(self, answer, case):
        answer.version, answer.closes = self.version, True
        return answer.without("Content-Length")

    def deliver(self, head, body, case):
        return [Send(head), Send(body), End()]


@dataclass(frozen=True)
class ConnectionClose(Fault):
    """A good answer that announces the end of the connection."""

    def alter(self, answer, case):
        answer.closes = True
        return answer.put("Connection", "close")


@dataclass(frozen=True)
class ContentEncoding(Fault):
    """A coded body: really gzip when it says so, else just said."""
    coding: str = "gzip"

    def alter(self, answer, case):
        if self.coding == "gzip" and case.has_body:
            answer.body = gzip.compress(bytes(answer.body), mtime=0)
            answer.put("Content-Length", len(answer.body))
        return answer.put("Content-Encoding", self.coding)

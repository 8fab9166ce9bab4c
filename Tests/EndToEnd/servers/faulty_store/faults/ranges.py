"""Answers to a range that are not what was asked."""
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault


@dataclass(frozen=True)
class WrongContentRange(Fault):
    """Content-Range off the truth by so many octets; `total` or the whole `text` in place of what would stand there."""
    first: int = 1
    last: int = 1
    total: str = None
    text: str = None

    def alter(self, answer, case):
        total = len(case.stored.body) if self.total is None else self.total
        text = "bytes %d-%d/%s" % (case.first + self.first, case.last + self.last, total) if self.text is None else self.text
        return answer.put("Content-Range", text)


@dataclass(frozen=True)
class MissingContentRange(Fault):
    """206 without saying which part."""

    def alter(self, answer, case):
        return answer.without("Content-Range")


@dataclass(frozen=True)
class OtherRange(Fault):
    """Another part than was asked, rightly described: `first` and `last` are moved, below zero towards the beginning."""
    first: int = -1
    last: int = -1

    def alter(self, answer, case):
        total = len(case.stored.body)
        first = min(max(0, case.first + self.first), total - 1)
        last = min(max(first, case.last + self.last), total - 1)
        answer.status, answer.body = 206, memoryview(case.stored.body)[first:last + 1] if case.has_body else b""
        answer.put("Content-Length", last + 1 - first)
        return answer.put("Content-Range", "bytes %d-%d/%d" % (first, last, total))


@dataclass(frozen=True)
class ShorterRange(Fault):
    """The first `octets` of what was asked, rightly described."""
    octets: int = 1

    def alter(self, answer, case):
        return OtherRange(0, min(0, case.first + max(1, self.octets) - 1 - case.last)).alter(answer, case)


@dataclass(frozen=True)
class RangeIgnored(Fault):
    """200 with the whole object."""

    def alter(self, answer, case):
        answer.status, answer.body = 200, case.stored.body if case.has_body else b""
        return answer.without("Content-Range").put("Content-Length", len(case.stored.body))


@dataclass(frozen=True)
class Multipart(Fault):
    """The range as the only part of a multipart/byteranges body."""

    def alter(self, answer, case):
        part = "--edge\r\nContent-Range: bytes %d-%d/%d\r\n\r\n" % (case.first, case.last, len(case.stored.body))
        if case.has_body:
            answer.body = part.encode() + bytes(answer.body) + b"\r\n--edge--\r\n"
            answer.put("Content-Length", len(answer.body))
        return answer.without("Content-Range").put("Content-Type", "multipart/byteranges; boundary=edge")

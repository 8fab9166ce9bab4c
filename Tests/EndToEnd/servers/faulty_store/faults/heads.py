"""Heads that HTTP/1.1 does not allow, or allows and nobody expects."""
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault
from servers.faulty_store.steps import End, Send


def _with_line(head, line):
    """The head with one more line at its end."""
    return head[:-2] + line.encode("latin-1") + b"\r\n\r\n"


def _without_line(head, name):
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(name.lower().encode() + b":"))


@dataclass(frozen=True)
class Garbage(Fault):
    """Octets that are no answer, then the connection is closed."""
    octets: str = "\x15\x03\x01\x00\x02\x02\x28 not HTTP\r\n\r\n"

    def deliver(self, head, body, case):
        return [Send(self.octets.encode("latin-1")), End()]


@dataclass(frozen=True)
class StatusLine(Fault):
    """Another first line."""
    line: str = "HTTP/2.0 206 Partial Content"

    def rewrite(self, head, case):
        return self.line.encode("latin-1") + head[head.index(b"\r\n"):]


@dataclass(frozen=True)
class ExtraLine(Fault):
    """One more line in the head, as it is: a repeated field, one without a colon, one with octets that are not allowed."""
    line: str = "no field"

    def rewrite(self, head, case):
        return _with_line(head, self.line)


def nul_in_field():
    return ExtraLine("X-Nul: a\0b")


def space_before_colon():
    return ExtraLine("X-Space : a")


def folded_field():
    return ExtraLine("X-Folded: a\r\n b")


def length_and_transfer_encoding():
    return ExtraLine("Transfer-Encoding: chunked")


@dataclass(frozen=True)
class LargeHead(Fault):
    """One field of so many octets."""
    octets: int = 64 << 10

    def rewrite(self, head, case):
        return _with_line(head, "X-Large: " + "a" * self.octets)


@dataclass(frozen=True)
class ManyFields(Fault):
    """So many small fields."""
    count: int = 1000

    def rewrite(self, head, case):
        return _with_line(head, "\r\n".join("X-%d: a" % i for i in range(self.count)))


@dataclass(frozen=True)
class BareLineFeeds(Fault):
    """Lines end with LF alone."""

    def rewrite(self, head, case):
        return head.replace(b"\r\n", b"\n")


@dataclass(frozen=True)
class ContentLength(Fault):
    """The length in other words: not decimal, below zero, past 64 bits, several. `texts` are a field each; none: no length."""
    texts: tuple = ()

    def rewrite(self, head, case):
        head = _without_line(head, "Content-Length")
        return _with_line(head, "\r\n".join("Content-Length: " + t for t in self.texts)) if self.texts else head


@dataclass(frozen=True)
class TwoLengths(Fault):
    """A second Content-Length, so many octets larger."""
    octets: int = 1

    def alter(self, answer, case):
        return answer.add("Content-Length", int(answer.get("Content-Length") or 0) + self.octets)


@dataclass(frozen=True)
class Interim(Fault):
    """So many 1xx heads before the answer's own."""
    count: int = 1
    status: int = 100
    field: str = ""

    def rewrite(self, head, case):
        one = "HTTP/1.1 %d Interim\r\n%s\r\n" % (self.status, self.field and self.field + "\r\n")
        return one.encode("latin-1") * self.count + head

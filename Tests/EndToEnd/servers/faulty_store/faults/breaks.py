"""Where and how an answer stops: reset, closed, stalled, slow.

A place is `part` ("head" or "body") and `at`, octets into it; below zero it counts from the end, None is anywhere by the seed.
"""
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault
from servers.faulty_store.steps import Abort, End, Hold, Send


def _cut(head, body, part, at, case):
    """The octets before and after a place, as two lists of steps."""
    length = len(head if part == "head" else body)
    if at is None:
        at = case.dice.randrange(length) if length else 0
    at = min(max(0, at + length if at < 0 else at), length)
    if part == "head":
        return [Send(head[:at])], [Send(head[at:]), Send(body)]
    return [Send(head), Send(body[:at])], [Send(body[at:])]


@dataclass(frozen=True)
class Reset(Fault):
    """RST at a place, after all before it has arrived."""
    part: str = "head"
    at: int = 0

    def deliver(self, head, body, case):
        return [*_cut(head, body, self.part, self.at, case)[0], Abort()]


@dataclass(frozen=True)
class Close(Fault):
    """The connection is closed at a place."""
    part: str = "head"
    at: int = 0
    alert: bool = True

    def deliver(self, head, body, case):
        return [*_cut(head, body, self.part, self.at, case)[0], End(self.alert)]


@dataclass(frozen=True)
class Stall(Fault):
    """Silence at a place, until the peer closes; or for `seconds`, then the rest."""
    part: str = "head"
    at: int = 0
    seconds: float = None

    def deliver(self, head, body, case):
        before, after = _cut(head, body, self.part, self.at, case)
        return [*before, Hold(self.seconds), *after]


@dataclass(frozen=True)
class Drip(Fault):
    """From a place on `size` octets at a time, `per_second` octets a second; 0 is without pauses."""
    per_second: float = 0
    size: int = 1
    part: str = "head"
    at: int = 0

    def deliver(self, head, body, case):
        before, after = _cut(head, body, self.part, self.at, case)
        pause = self.size / self.per_second if self.per_second else 0
        return [*before, *(Send(s.octets, self.size, pause) for s in after)]


@dataclass(frozen=True)
class CloseUnannounced(Fault):
    """A good answer, after which the connection is closed although nobody said so; as a truncation looks without `alert`."""
    alert: bool = True

    def deliver(self, head, body, case):
        return [Send(head), Send(body), End(self.alert)]

"""What all faults have in common: a name, parameters that travel as JSON, and three places to interfere.

A test makes a fault by calling its class; the server makes the same out of its JSON.
"""
import dataclasses
import random
from dataclasses import dataclass

from servers.faulty_store.message import Request
from servers.faulty_store.steps import Send

_by_name = {}


@dataclass(frozen=True)
class Case:
    """The request a fault is for, and what it may need to lie well."""
    request: Request
    bucket: str
    key: str
    #: The object as it is stored, None when there is none.
    stored: object
    #: First and last octet of the part that was asked; without a range all of it.
    first: int
    last: int
    #: The server's clock, in seconds since 1970.
    now: float
    base: str
    #: Of this fault alone, made from the seed: the same in each run.
    dice: random.Random = None

    @property
    def has_body(self):
        return self.request.method != "HEAD"


@dataclass(frozen=True)
class Fault:
    """Answers as an honest store does; a fault does one of the three things otherwise."""

    def __init_subclass__(cls):
        _by_name[cls.__name__] = cls

    @property
    def name(self):
        return type(self).__name__

    def alter(self, answer, case):
        """Another answer; `answer` is this fault's own to change."""
        return answer

    def rewrite(self, head, case):
        """Other octets for the head."""
        return head

    def deliver(self, head, body, case):
        """Other steps to take with the octets."""
        return [Send(head), Send(body)]

    def json(self):
        return {"fault": type(self).__name__, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)}}

    @classmethod
    def of(cls, parameters):
        """The fault with these parameters, as `json` wrote them."""
        return cls(**parameters)


@dataclass(frozen=True)
class Together(Fault):
    """Several faults in one answer; how it is delivered is up to the last."""
    faults: tuple = ()

    @property
    def name(self):
        return "+".join(f.name for f in self.faults)

    def alter(self, answer, case):
        for fault in self.faults:
            answer = fault.alter(answer, case)
        return answer

    def rewrite(self, head, case):
        for fault in self.faults:
            head = fault.rewrite(head, case)
        return head

    def deliver(self, head, body, case):
        return self.faults[-1].deliver(head, body, case)

    def json(self):
        return {"fault": "Together", "faults": [f.json() for f in self.faults]}

    @classmethod
    def of(cls, parameters):
        return cls(tuple(fault_of(f) for f in parameters["faults"]))


def fault_of(json):
    """The fault that `json()` was made of; None stands for an honest answer."""
    if json is None:
        return None
    parameters = dict(json)
    return _by_name[parameters.pop("fault")].of(parameters)

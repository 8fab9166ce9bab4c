"""What a connection does with an answer, step by step."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Send:
    """All of it at once; or in pieces of `size` octets, each in a segment of its own, with `pause` seconds after each."""
    octets: bytes
    size: int = None
    pause: float = 0


@dataclass(frozen=True)
class Hold:
    """Nothing, for so long; without `seconds` until the peer closes."""
    seconds: float = None


@dataclass(frozen=True)
class Abort:
    """The connection is reset."""


@dataclass(frozen=True)
class End:
    """The connection is closed; under TLS with a closing alert or, as a truncation attack looks, without."""
    alert: bool = True

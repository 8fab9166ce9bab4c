"""Which request meets which fault: by a script, or by chance out of a seed. None among faults is an honest answer."""
import dataclasses
import random
from collections import Counter
from dataclasses import dataclass

from servers.faulty_store.faults import fault_of


@dataclass(frozen=True)
class Match:
    """The requests a rule is for; what is None does not matter."""
    bucket: str = None
    key: str = None
    method: str = None
    #: Parts that start at or after, and before, this octet.
    first_from: int = None
    first_below: int = None
    #: Whether the connection has carried a request before.
    reused: bool = None

    def takes(self, case, reused):
        wanted = ((self.bucket, case.bucket), (self.key, case.key), (self.method, case.request.method), (self.reused, reused))
        return (all(w in (None, is_) for w, is_ in wanted)
                and (self.first_from is None or case.first >= self.first_from)
                and (self.first_below is None or case.first < self.first_below))


class Script:
    """One fault for each matching request, in order, `times` over (None: for ever)."""

    def __init__(self, faults, times=1):
        self._faults, self._times, self._taken = faults, times, 0

    def decide(self, request, dice):
        """A tuple of the fault, or an empty one when it is not for this rule to say."""
        if self._times is not None and self._taken >= self._times * len(self._faults):
            return ()
        self._taken += 1
        return (self._faults[(self._taken - 1) % len(self._faults)],)


class Storm:
    """With the probability `chance` one of the faults, for the same request `times` at most."""

    def __init__(self, faults, chance, times=None):
        self._faults, self._chance, self._times, self._met = faults, chance, times, Counter()

    def decide(self, request, dice):
        if dice.random() >= self._chance or (self._times is not None and self._met[request] >= self._times):
            return ()
        self._met[request] += 1
        return (dice.choice(self._faults),)


class Rules:
    """Asked in the order they were added; the first that decides wins.

    All that is random follows from a rule's seed, from what is asked for and how often it was before, and so not from the order
    in which connections happen to arrive.
    """

    def __init__(self):
        self._rules = []

    def add(self, faults, match, seed=0, **how):
        if not faults:
            raise ValueError("a rule without faults")
        made = (Storm if "chance" in how else Script)([fault_of(f) for f in faults], **how)
        self._rules.append((Match(**match), made, seed, Counter()))

    def clear(self):
        self._rules.clear()

    def choose(self, case, reused):
        """The fault for a request, None for an honest answer, and the case with dice of the fault's own."""
        request = (case.request.method, case.bucket, case.key, case.request.get("range"))
        for match, rule, seed, asked in self._rules:
            if match.takes(case, reused):
                asked[request] += 1
                dice = random.Random("%d %r %d" % (seed, request, asked[request]))
                if decided := rule.decide(request, dice):
                    return decided[0], dataclasses.replace(case, dice=dice)
        return None, case

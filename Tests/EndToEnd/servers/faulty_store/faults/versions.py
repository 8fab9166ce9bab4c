"""Answers that do not fit the version of the object the others came from."""
import email.utils
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault


@dataclass(frozen=True)
class OtherEntityTag(Fault):
    """Another ETag, as after an overwrite."""
    etag: str = '"0123456789abcdef0123456789abcdef"'

    def alter(self, answer, case):
        return answer.put("ETag", self.etag)


@dataclass(frozen=True)
class MissingEntityTag(Fault):
    """No ETag; without `modified` no Last-Modified either."""
    modified: bool = True

    def alter(self, answer, case):
        return answer.without("ETag", *(() if self.modified else ("Last-Modified",)))


@dataclass(frozen=True)
class OtherTime(Fault):
    """Last-Modified moved by so many seconds."""
    seconds: int = 1

    def alter(self, answer, case):
        return answer.put("Last-Modified", email.utils.formatdate(case.stored.modified + self.seconds, usegmt=True))


@dataclass(frozen=True)
class OtherTotal(Fault):
    """Content-Range tells a total that is off by so many octets."""
    octets: int = 1

    def alter(self, answer, case):
        total = len(case.stored.body) + self.octets
        return answer.put("Content-Range", "bytes %d-%d/%d" % (case.first, case.last, total))

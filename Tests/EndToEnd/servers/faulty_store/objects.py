"""Objects in memory, and the answers an honest store gives for them."""
import calendar
import email.utils
import hashlib
import re
import urllib.parse
from dataclasses import dataclass

from servers.faulty_store.message import Answer, error_answer


@dataclass(frozen=True)
class StoredObject:
    body: bytes
    etag: str
    modified: int


class Objects:
    """By bucket and key. A bucket is there once something is in it."""

    _FIRST_MODIFIED = 1_700_000_000

    def __init__(self):
        self._objects = {}

    def put(self, bucket, key, body):
        """A new body is a new version: it has another ETag and a later time."""
        before = self._objects.get((bucket, key))
        modified = before.modified + 1 if before else self._FIRST_MODIFIED
        self._objects[bucket, key] = StoredObject(body, '"%s"' % hashlib.md5(body).hexdigest(), modified)

    def delete(self, bucket, key):
        self._objects.pop((bucket, key), None)

    def get(self, bucket, key):
        return self._objects.get((bucket, key))

    def missing(self, bucket):
        """The answer for an object that is not there."""
        if any(b == bucket for b, _ in self._objects):
            return error_answer(404, "NoSuchKey", "The specified key does not exist.")
        return error_answer(404, "NoSuchBucket", "The specified bucket does not exist")


@dataclass(frozen=True)
class Place:
    """What a request asks for, and the region that its host belongs to; None where the host names no region."""
    bucket: str
    key: str
    region: str = None


def place_of(request, domain):
    """What a request names, by path or by virtual host below `domain`, in which a star stands for the region."""
    path = urllib.parse.unquote_to_bytes(request.target.partition("?")[0].encode("latin-1")).decode("utf-8", "surrogateescape")
    host = re.sub(r":\d+$", "", request.get("host") or "")
    found = re.fullmatch(r"(?:(?P<bucket>.+)\.)?" + re.escape(domain).replace(r"\*", "(?P<region>[a-z0-9-]+)"), host)
    named = found.groupdict() if found else {}
    if named.get("bucket"):
        return Place(named["bucket"], path[1:], named.get("region"))
    bucket, _, key = path[1:].partition("/")
    return Place(bucket, key, named.get("region"))


def range_of(text, total):
    """What a Range field asks of an object: (first, last), None for all of it, or () when there is no such octet."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not found or found[0] == "bytes=-" or (found[1] and found[2] and int(found[1]) > int(found[2])):
        return None
    first = int(found[1]) if found[1] else max(0, total - int(found[2]))
    last = min(int(found[2]), total - 1) if found[1] and found[2] else total - 1
    return (first, last) if first < total else ()


def _seconds(date):
    parsed = email.utils.parsedate(date) if date else None
    return calendar.timegm(parsed) if parsed else None


def _condition(request, stored):
    """The status a condition of the request ends it with, or None."""
    def names(field):
        value = request.get(field)
        return value is not None and (value == "*" or stored.etag in re.split(r"\s*,\s*", value))

    def later_than(field):
        seconds = _seconds(request.get(field))
        return seconds is not None and stored.modified > seconds

    if request.get("if-match") is not None:
        if not names("if-match"):
            return 412
    elif later_than("if-unmodified-since"):
        return 412
    if request.get("if-none-match") is not None:
        return 304 if names("if-none-match") else None
    since = _seconds(request.get("if-modified-since"))
    return 304 if since is not None and stored.modified <= since else None


def answer(request, stored):
    """What an honest store says to a GET or HEAD for an object it has."""
    version = [("ETag", stored.etag), ("Last-Modified", email.utils.formatdate(stored.modified, usegmt=True))]
    total = len(stored.body)
    ended_by = _condition(request, stored)
    if ended_by == 304:
        return Answer(304, version)
    if ended_by == 412:
        return error_answer(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    part = range_of(request.get("range"), total)
    if part == ():
        refusal = error_answer(416, "InvalidRange", "The requested range is not satisfiable", [("ActualObjectSize", total)])
        return refusal.add("Content-Range", "bytes */%d" % total)
    first, last = part or (0, total - 1)
    said = Answer(206 if part else 200, version, memoryview(stored.body)[first:last + 1])
    said.add("Accept-Ranges", "bytes").add("Content-Type", "application/octet-stream").add("Content-Length", last + 1 - first)
    return said.add("Content-Range", "bytes %d-%d/%d" % (first, last, total)) if part else said

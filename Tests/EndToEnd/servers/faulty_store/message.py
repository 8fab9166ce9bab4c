"""HTTP/1 as this server speaks it: requests read strictly, answers put together octet by octet."""
import copy
import http.client
from dataclasses import dataclass, field

_MAX_HEAD = 64 << 10


class BadRequest(Exception):
    """The peer sent no request; the text says why."""


@dataclass
class Request:
    method: str
    target: str
    fields: list = field(default_factory=list)

    def get(self, name):
        """The value of a field, repeated ones joined; None when absent."""
        values = [v for n, v in self.fields if n == name]
        return ",".join(values) if values else None

    @property
    def closes(self):
        return (self.get("connection") or "").lower() == "close"


class RequestReader:
    """Takes requests off a stream; what was sent ahead of time waits for its turn."""

    def __init__(self):
        self._octets = bytearray()

    def feed(self, octets):
        self._octets += octets

    def next(self):
        """The next whole request, or None while more octets are needed."""
        end = self._octets.find(b"\r\n\r\n")
        if end < 0:
            if len(self._octets) > _MAX_HEAD:
                raise BadRequest("head too large")
            return None
        head = bytes(self._octets[:end])
        del self._octets[:end + 4]
        return _request(head)


def _request(head):
    start, *lines = head.decode("latin-1").split("\r\n")
    words = start.split(" ")
    if len(words) != 3 or words[2] != "HTTP/1.1" or not words[1].startswith("/"):
        raise BadRequest("request line %r" % start)
    request = Request(words[0], words[1])
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or any(ord(c) < 32 and c != "\t" for c in value):
            raise BadRequest("field %r" % name)
        request.fields.append((name.lower(), value.strip(" \t")))
    if len([1 for n, _ in request.fields if n == "host"]) != 1:
        raise BadRequest("not one Host")
    if request.get("content-length") not in (None, "0") or request.get("transfer-encoding"):
        raise BadRequest("a body, which no read has")
    return request


@dataclass
class Answer:
    """What to say; `body` is what goes over the wire after the head."""
    status: int
    fields: list = field(default_factory=list)
    body: bytes = b""
    reason: str = None
    version: str = "HTTP/1.1"
    closes: bool = False

    def copy(self):
        other = copy.copy(self)
        other.fields = list(self.fields)
        return other

    def get(self, name):
        return next((v for n, v in self.fields if n.lower() == name.lower()), None)

    def without(self, *names):
        lower = {n.lower() for n in names}
        self.fields = [f for f in self.fields if f[0].lower() not in lower]
        return self

    def put(self, name, value):
        """Sets a field, in its place when it is there already."""
        for i, (n, _) in enumerate(self.fields):
            if n.lower() == name.lower():
                self.fields[i] = (n, str(value))
                return self
        return self.add(name, value)

    def add(self, name, value):
        self.fields.append((name, str(value)))
        return self

    def head(self):
        reason = http.client.responses.get(self.status, "") if self.reason is None else self.reason
        lines = ["%s %03d %s" % (self.version, self.status, reason), *("%s: %s" % f for f in self.fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def error_answer(status, code, message="", details=(), padding=0):
    """S3's error document; without a code there is no document."""
    text = ""
    if code:
        elements = [("Code", code), ("Message", message or code), *details]
        text = '<?xml version="1.0" encoding="UTF-8"?>\n<Error>%s</Error>' % "".join("<%s>%s</%s>" % (n, v, n) for n, v in elements)
    body = text.encode() + b" " * padding
    answer = Answer(status, body=body)
    if body:
        answer.add("Content-Type", "application/xml")
    return answer.add("Content-Length", len(body))

"""Chunked bodies, well-formed in unusual ways or not well-formed at all."""
from dataclasses import dataclass

from servers.faulty_store.faults.fault import Fault

#: What the chunk in the middle has in place of `size CRLF data CRLF`.
_FLAWS = {
    "size-not-hex": lambda size, data: b"zz\r\n" + data + b"\r\n",
    "size-signed": lambda size, data: b"-" + size + b"\r\n" + data + b"\r\n",
    "size-prefixed": lambda size, data: b"0x" + size + b"\r\n" + data + b"\r\n",
    "size-empty": lambda size, data: b"\r\n" + data + b"\r\n",
    "size-past-64-bits": lambda size, data: b"1" + size.rjust(16, b"0") + b"\r\n" + data + b"\r\n",
    "size-too-small": lambda size, data: b"%x\r\n" % (len(data) - 1) + data + b"\r\n",
    "no-line-end-after-data": lambda size, data: size + b"\r\n" + data,
    "bare-line-feed": lambda size, data: size + b"\n" + data + b"\n",
    "endless-extension": lambda size, data: size + b";x=" + b"y" * 100_000 + b"\r\n" + data + b"\r\n",
}
FLAWS = (*_FLAWS, "no-last-chunk", "endless-trailers", "trailer-without-colon")


@dataclass(frozen=True)
class Chunked(Fault):
    """Transfer-Encoding: chunked, no Content-Length. `flaw` is one of `FLAWS`; "no-last-chunk" closes where it is missing."""
    size: int = 8192
    extension: str = ""
    trailers: tuple = ()
    flaw: str = None

    def alter(self, answer, case):
        if case.has_body:
            answer.body = self._body(bytes(answer.body))
        answer.closes = self.flaw == "no-last-chunk"
        return answer.without("Content-Length").put("Transfer-Encoding", "chunked")

    def _body(self, octets):
        parts = [octets[i:i + self.size] for i in range(0, len(octets), self.size)]
        chunks = [b"%x%s\r\n%s\r\n" % (len(p), self.extension.encode("latin-1"), p) for p in parts]
        if self.flaw in _FLAWS and parts:
            middle = len(parts) // 2
            chunks[middle] = _FLAWS[self.flaw](b"%x" % len(parts[middle]), parts[middle])
        if self.flaw == "no-last-chunk":
            return b"".join(chunks)
        trailers = list(self.trailers)
        if self.flaw == "endless-trailers":
            trailers += ["X-More-%d: %s" % (i, "y" * 50) for i in range(2000)]
        if self.flaw == "trailer-without-colon":
            trailers.append("no trailer")
        return b"".join(chunks) + b"0\r\n" + "".join(t + "\r\n" for t in trailers).encode("latin-1") + b"\r\n"

"""A small S3 origin inside the test process: recomputes every signature, and misbehaves when told to.

It shares no code with the worker nor with moto: the signature is worked out from the request as it came over the
wire, with hmac and hashlib. Faults are per key, so one test does not disturb another.
"""
import calendar
import email.utils
import hashlib
import hmac
import socket
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>'


class Fault:
    """What an object does instead of answering well.

    `times` runs out (None never does); `below` spares ranges that start at or after it, such as the footer's.
    """

    def __init__(self, status=None, code="", stall_after=None, cut_after=None, times=None, below=None):
        self.status, self.code = status, code
        self.stall_after, self.cut_after = stall_after, cut_after
        self.times, self.below = times, below


class Origin:
    """Objects in memory, served on 127.0.0.1 or ::1."""

    region = "us-east-1"

    def __init__(self, key="AKIDORIGIN0000000001", secret="origin/secret+with=odd&octets%20", session_token="", ipv6=False):
        self.key, self.secret, self.session_token = key, secret, session_token
        self.objects, self.faults = {}, {}
        self.requests, self.refusals = [], []
        self.lock, self.closed = threading.Lock(), threading.Event()
        server = type("Server", (ThreadingHTTPServer,), {
            "address_family": socket.AF_INET6 if ipv6 else socket.AF_INET, "daemon_threads": True,
            "request_queue_size": 256, "handle_error": lambda *_: None})
        self._server = server(("::1" if ipv6 else "127.0.0.1", 0), _Handler)
        self._server.origin = self
        self.port = self._server.server_address[1]
        self.endpoint = "http://%s:%d" % ("[::1]" if ipv6 else "127.0.0.1", self.port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, bucket, key, body, fault=None):
        with self.lock:
            self.objects[(bucket, key)] = body
            if fault:
                self.faults[(bucket, key)] = fault

    def take_fault(self, name, first):
        with self.lock:
            fault = self.faults.get(name)
            if fault is None or fault.times == 0 or (fault.below is not None and first >= fault.below):
                return None
            if fault.times is not None:
                fault.times -= 1
            return fault

    def stop(self):
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def why_refused(origin, method, target, headers):
    """None when the request is rightly signed, else (S3 error code, detail)."""
    names = [n.lower() for n in headers.keys()]
    if len(set(names)) != len(names):
        return "InvalidRequest", "repeated header"
    h = {n.lower(): " ".join(v.split()) for n, v in headers.items()}
    authorization = h.get("authorization", "")
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        return "AccessDenied", "not signed"
    try:
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        access, date, region, service, end = fields["Credential"].rsplit("/", 4)
        signed, given = fields["SignedHeaders"].split(";"), fields["Signature"]
    except (KeyError, ValueError):
        return "AuthorizationHeaderMalformed", "fields"
    if (region, service, end) != (origin.region, "s3", "aws4_request"):
        return "AuthorizationHeaderMalformed", "scope"
    if access != origin.key:
        return "InvalidAccessKeyId", "access key"
    if signed != sorted(signed):
        return "SignatureDoesNotMatch", "signed headers out of order"
    must = {"host", "x-amz-date"} | {n for n in h if n.startswith("x-amz-")}
    if not must <= set(signed):
        return "AccessDenied", "unsigned: %s" % ", ".join(sorted(must - set(signed)))
    if h.get("x-amz-security-token", "") != origin.session_token:
        return "InvalidToken", "session token"
    payload = h.get("x-amz-content-sha256")
    if payload not in (hashlib.sha256(b"").hexdigest(), "UNSIGNED-PAYLOAD"):
        return "XAmzContentSHA256Mismatch", "payload hash"
    stamp = h.get("x-amz-date", "")
    try:
        asked = time.strptime(stamp, "%Y%m%dT%H%M%SZ")
    except ValueError:
        return "AccessDenied", "x-amz-date"
    if abs(calendar.timegm(asked) - time.time()) > 900 or not stamp.startswith(date):
        return "RequestTimeTooSkewed", "x-amz-date"

    path, _, query = target.partition("?")
    # S3 decodes the path it was sent and encodes it again, once.
    path = urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe="/-_.~")
    pairs = sorted(
        (urllib.parse.quote(urllib.parse.unquote_to_bytes(n), safe="-_.~"), urllib.parse.quote(urllib.parse.unquote_to_bytes(v), safe="-_.~"))
        for n, _, v in (pair.partition("=") for pair in query.split("&") if pair))
    canonical = "\n".join([
        method, path, "&".join("%s=%s" % p for p in pairs),
        "".join("%s:%s\n" % (n, h.get(n, "")) for n in signed), ";".join(signed), payload])
    scope = "/".join([date, region, service, end])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode("latin-1")).hexdigest()])
    signing_key = ("AWS4" + origin.secret).encode()
    for part in (date, region, service, end):
        signing_key = _hmac(signing_key, part)
    if not hmac.compare_digest(_hmac(signing_key, to_sign).hex(), given):
        return "SignatureDoesNotMatch", "signature"
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _error(self, status, code, detail=""):
        body = (_XML % (code, detail)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        origin = self.server.origin
        target = self.requestline.split(" ")[1]
        refused = why_refused(origin, self.command, target, self.headers)
        path = urllib.parse.unquote_to_bytes(target.partition("?")[0]).decode("utf-8", "surrogateescape")
        bucket, _, key = path[1:].partition("/")
        with origin.lock:
            origin.requests.append((self.command, bucket, key, self.headers.get("Range")))
            if refused:
                origin.refusals.append((target, *refused))
            body = origin.objects.get((bucket, key))
        if refused:
            return self._error(403, *refused)
        if body is None:
            return self._error(404, "NoSuchKey", "no such key")
        etag = '"%s"' % hashlib.md5(body).hexdigest()
        if self.headers.get("If-Match") not in (None, etag):
            return self._error(412, "PreconditionFailed")
        first, last, status = 0, len(body) - 1, 200
        asked = self.headers.get("Range")
        if asked:
            low, _, high = asked.strip().removeprefix("bytes=").partition("-")
            first = int(low) if low else max(0, len(body) - int(high))
            last = min(int(high), last) if low and high else last
            if first > last:
                return self._error(416, "InvalidRange")
            status = 206
        fault = origin.take_fault((bucket, key), first)
        if fault and fault.status:
            return self._error(fault.status, fault.code)
        part = body[first:last + 1]
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", email.utils.formatdate(1.7e9, usegmt=True))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        if status == 206:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (first, last, len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.stall_after is not None:
            self.wfile.write(part[:fault.stall_after])
            self.wfile.flush()
            origin.closed.wait(60)
            self.close_connection = True
            return
        if fault and fault.cut_after is not None:
            self.wfile.write(part[:fault.cut_after])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(part)

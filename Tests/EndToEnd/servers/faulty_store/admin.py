"""How tests talk to the store: HTTP with JSON on another port.

    POST /CALL                  a JSON object of arguments in, a JSON value out; CALL is one of `_CALLS`
    PUT  /put/BUCKET/KEY        the body is the object's
"""
import json
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OF_STORE = ("set_door", "drop_connections", "journal", "counts", "reset")
_OF_SERVICE = ("delete", "add_rule", "clear_rules", "set_clock", "set_bucket_region", "add_credential", "withdraw_credentials")


class Admin(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = store

    def call(self, name, arguments):
        if name in _OF_STORE:
            return getattr(self.store, name)(**arguments)
        if name in _OF_SERVICE:
            return getattr(self.store.service, name)(**arguments)
        raise LookupError("no such call: %s" % name)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def _body(self):
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _say(self, status, value):
        body = json.dumps(value).encode()
        head = "HTTP/1.0 %d Answer\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self.wfile.write(head.encode() + body)

    def do_POST(self):
        try:
            self._say(200, self.server.call(self.path[1:], json.loads(self._body() or b"{}")))
        except (LookupError, TypeError, ValueError) as why:
            self._say(400, "%s: %s" % (type(why).__name__, why))

    def do_PUT(self):
        _, call, bucket, key = self.path.split("/", 3)
        if call != "put":
            return self._say(400, "no such call: %s" % call)
        if self.headers["Content-Length"] is None:
            return self._say(411, "an object's length has to be told ahead")
        name = urllib.parse.unquote_to_bytes(key).decode("utf-8", "surrogateescape")
        self.server.store.service.put(bucket, name, self._body())
        self._say(200, None)

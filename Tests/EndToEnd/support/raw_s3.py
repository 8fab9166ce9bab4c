"""S3 reads over a bare socket, signed by botocore: nothing is retried, mended or hidden."""
import socket
import ssl

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class _UnsignedPayload(S3SigV4Auth):
    def payload(self, request):
        return "UNSIGNED-PAYLOAD"


def signed(store, path, method="GET", host=None, secret=None, token=None, region=None, unsigned_payload=False, fields=()):
    """The octets of a request for `path`, encoded as it is to be sent; `host` without a port."""
    url = "http://%s:%d%s" % (host, store.port, path) if host else store.endpoint + path
    request = AWSRequest(method, url, headers=dict(fields))
    keys = Credentials(store.key, secret or store.secret, store.session_token if token is None else token or None)
    (_UnsignedPayload if unsigned_payload else S3SigV4Auth)(keys, "s3", region or store.region).add_auth(request)
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + url.split("/")[2], *("%s: %s" % f for f in request.headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def connect(store, seconds=5, certificate=None, tls_max=None):
    """A connected socket; with the store's certificate to trust a TLS one."""
    plain = socket.create_connection(("::1" if "[" in store.endpoint else "127.0.0.1", store.port), seconds)
    if certificate is None:
        return plain
    context = ssl.create_default_context(cafile=certificate[0])
    if tls_max:
        context.maximum_version = tls_max
    try:
        return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
    except BaseException:
        plain.close()
        raise


def received(sock, is_over=None):
    """All that comes, and how it ends: "closed", "reset", "cut" (TLS without its closing alert), or "open" once `is_over` says
    that no more was sent."""
    octets, over = bytearray(), False
    for _ in range(2000):
        sock.settimeout(5 if is_over is None else 0.002)
        try:
            while piece := sock.recv(1 << 16):
                octets += piece
            return bytes(octets), "closed"
        except TimeoutError:
            assert is_over is not None, "neither more octets nor an end"
            if over:
                return bytes(octets), "open"
            # What was sent before it was over has arrived: once more, then.
            over = is_over()
        except ConnectionResetError:
            return bytes(octets), "reset"
        except ssl.SSLEOFError as why:
            # Python's ssl has lost the ECONNRESET; only a real end of file has OpenSSL's reason.
            return bytes(octets), "cut" if why.reason else "reset"
    raise AssertionError("no end in sight")


def answer_to(sock):
    """One answer that has a length: status, fields by lower-case name, body."""
    octets = bytearray()
    while (end := octets.find(b"\r\n\r\n")) < 0:
        piece = sock.recv(1 << 16)
        assert piece, "closed within the head: %r" % bytes(octets)
        octets += piece
    start, *lines = bytes(octets[:end]).decode("latin-1").split("\r\n")
    fields = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    body = octets[end + 4:]
    while len(body) < int(fields.get("content-length", 0)):
        piece = sock.recv(1 << 16)
        assert piece, "closed within the body"
        body += piece
    return int(start.split(" ")[1]), fields, bytes(body)


def ask(store, path, method="GET", certificate=None, **how):
    """An answer over a connection of its own; HEAD is not for this, its answers have no body."""
    with connect(store, certificate=certificate) as sock:
        sock.sendall(signed(store, path, method, **how))
        return answer_to(sock)


def code_of(answer):
    """The status of an answer, and the code in its document, if there is one."""
    return answer[0], answer[2].partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def heard(store, path="/b/k", part=None, method="GET", closing=False):
    """All octets of an answer, and how the connection ends, which `closing` asks for."""
    fields = [("Range", "bytes=%d-%d" % part)] if part else []
    fields += [("Connection", "close")] if closing else []
    seen = store.counts()["requests"]
    with connect(store) as sock:
        sock.sendall(signed(store, path, method, fields=fields))
        return received(sock, lambda: any(r.outcome for r in store.requests_since(seen)))

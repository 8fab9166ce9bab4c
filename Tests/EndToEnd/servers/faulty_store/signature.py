"""AWS Signature Version 4, worked out again from the request as it came over the wire.

Shares nothing with the worker nor with any S3 library: hmac, hashlib and the specification.

Spec: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
"""
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse
from dataclasses import dataclass

ALGORITHM = "AWS4-HMAC-SHA256"
_PAYLOADS = (hashlib.sha256(b"").hexdigest(), "UNSIGNED-PAYLOAD")


@dataclass
class Credential:
    """A pair of keys the store knows; `verdict` is the error its requests get although they are rightly signed."""
    key: str
    secret: str
    token: str = ""
    verdict: str = ""


class Refused(Exception):
    """The request is wrongly signed: the status and code S3 answers with, and for whom reads the journal, the detail."""

    def __init__(self, status, code, detail):
        super().__init__(status, code, detail)
        self.status, self.code, self.detail = status, code, detail


@dataclass(frozen=True)
class Signed:
    """What a right signature says: by whom, for which region, and when (seconds since 1970)."""
    credential: Credential
    region: str
    seconds: int


@dataclass
class _Authorization:
    key: str
    date: str
    region: str
    signed: list
    signature: str


def _authorization(text):
    algorithm, _, rest = (text or "").partition(" ")
    if algorithm != ALGORITHM:
        raise Refused(403, "AccessDenied", "not signed")
    found = re.fullmatch(
        r"Credential=([^,/]+)/(\d{8})/([a-z0-9-]+)/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", rest.strip())
    if not found:
        raise Refused(400, "AuthorizationHeaderMalformed", "fields")
    key, date, region, signed, signature = found.groups()
    return _Authorization(key, date, region, signed.split(";"), signature)


def _seconds(stamp):
    try:
        return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) if len(stamp) == 16 else None
    except ValueError:
        return None


def _encoded(text, safe):
    """Decoded, then encoded again, each octet once: how S3 sees what was sent."""
    return urllib.parse.quote(urllib.parse.unquote_to_bytes(text.encode("latin-1")), safe=safe)


def _canonical_query(query):
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join("%s=%s" % p for p in sorted((_encoded(n, "-_.~"), _encoded(v, "-_.~")) for n, _, v in pairs))


def _canonical_request(request, signed):
    path, _, query = request.target.partition("?")
    fields = "".join("%s:%s\n" % (n, re.sub(" +", " ", request.get(n))) for n in signed)
    return "\n".join([
        request.method, _encoded(path, "/-_.~"), _canonical_query(query), fields, ";".join(signed), request.get("x-amz-content-sha256")])


def signature(secret, date, region, stamp, canonical):
    key = ("AWS4" + secret).encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope = "/".join([date, region, "s3", "aws4_request"])
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return hmac.digest(key, "\n".join([ALGORITHM, stamp, scope, digest]).encode(), "sha256").hex()


def check(request, credentials):
    """Who signed the request, rightly; raises `Refused`."""
    given = _authorization(request.get("authorization"))
    names = [n for n, _ in request.fields]
    if given.signed != sorted(set(given.signed)):
        raise Refused(403, "SignatureDoesNotMatch", "signed fields out of order")
    must = {"host", "x-amz-date", "x-amz-content-sha256"} | {n for n in names if n.startswith("x-amz-")}
    if not must <= set(given.signed):
        raise Refused(403, "AccessDenied", "unsigned: %s" % ", ".join(sorted(must - set(given.signed))))
    for name in given.signed:
        if names.count(name) != 1:
            raise Refused(403, "SignatureDoesNotMatch", "signed field %s comes %d times" % (name, names.count(name)))
    stamp = request.get("x-amz-date")
    seconds = _seconds(stamp)
    if seconds is None or not stamp.startswith(given.date):
        raise Refused(403, "AccessDenied", "x-amz-date is no date, or another than the scope's")
    if request.get("x-amz-content-sha256") not in _PAYLOADS:
        raise Refused(400, "XAmzContentSHA256Mismatch", "hash of an empty payload")
    known = [c for c in credentials if c.key == given.key]
    if not known:
        raise Refused(403, "InvalidAccessKeyId", "access key")
    credential = next((c for c in known if c.token == (request.get("x-amz-security-token") or "")), None)
    if credential is None:
        raise Refused(400, "InvalidToken", "session token")
    wanted = signature(credential.secret, given.date, given.region, stamp, _canonical_request(request, given.signed))
    if not hmac.compare_digest(wanted, given.signature):
        raise Refused(403, "SignatureDoesNotMatch", "signature")
    return Signed(credential, given.region, seconds)
